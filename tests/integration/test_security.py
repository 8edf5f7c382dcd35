"""Who may talk to a server: TLS on one side and on both, bearer tokens, and files that change."""

from __future__ import annotations

import queue
import subprocess
from collections.abc import Callable
from pathlib import Path

import grpc
import kernelserve as ks
import pytest
from harness import work
from harness.rpc import SERVING, Raw, Refusal
from harness.server import Server, ServerEndedError, binary, environment
from harness.waiting import PATIENCE_S, until

Start = Callable[..., Server]

TOKEN = "a-token-of-sixteen-characters"
OTHER = "another-token-of-some-length"

_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Authority:
    """A certificate that signs others, for one test."""

    def __init__(self, directory: Path, name: str = "authority") -> None:
        self.directory = directory
        self.ca = directory / f"{name}.pem"
        self._key = directory / f"{name}.key"
        made = ["-keyout", str(self._key), "-out", str(self.ca)]
        _openssl("req", "-x509", *_NEW_KEY, *made, "-days", "2", "-subj", f"/CN={name}")

    def sign(self, name: str) -> tuple[Path, Path]:
        """The paths of a certificate for `localhost` and of its key."""
        certificate, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        extensions = self.directory / "extensions"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        request = str(self.directory / f"{name}.csr")
        _openssl("req", *_NEW_KEY, "-keyout", str(key), "-out", request, "-subj", f"/CN={name}")
        signer = ["-CA", str(self.ca), "-CAkey", str(self._key), "-CAcreateserial"]
        made = ["-out", str(certificate), "-days", "2", "-extfile", str(extensions)]
        _openssl("x509", "-req", "-in", request, *signer, *made)
        return certificate, key


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """A file of one token."""
    path = tmp_path / "tokens"
    path.write_text(TOKEN)
    return path


def connect(
    server: Server, ca: Path, certificate: Path | None = None, key: Path | None = None
) -> Raw:
    credentials = grpc.ssl_channel_credentials(
        ca.read_bytes(),
        key.read_bytes() if key else None,
        certificate.read_bytes() if certificate else None,
    )
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.secure_channel(server.address, credentials, options)
    server.channels.append(channel)
    return Raw(channel)


def compare(raw: Raw, token: str | None = None) -> int:
    metadata = [("authorization", f"Bearer {token}")] if token else []
    score = raw.reply("Compare", work.compare(b"kitten", b"sitting"), metadata).message.score
    assert isinstance(score.integer, int)
    return score.integer


def refused(raw: Raw, token: str | None = None) -> Refusal:
    metadata = [("x-request-id", "mine")]
    if token:
        metadata.append(("authorization", f"Bearer {token}"))
    refusal = raw.refusal("Compare", work.compare(b"kitten", b"sitting"), metadata)
    refusal.check_form()
    return refusal


def unreachable(raw: Raw) -> bool:
    """Whether the first attempt to connect fails."""
    told: queue.Queue[grpc.ChannelConnectivity] = queue.Queue()
    raw.channel.subscribe(told.put, try_to_connect=True)
    ends = (grpc.ChannelConnectivity.READY, grpc.ChannelConnectivity.TRANSIENT_FAILURE)
    state = None
    while state not in ends:
        state = told.get(timeout=PATIENCE_S)
    raw.channel.unsubscribe(told.put)
    return state is grpc.ChannelConnectivity.TRANSIENT_FAILURE


# ---- TLS ----


def tls(certificate: Path, key: Path) -> list[str]:
    return [f"--tls_certificate={certificate}", f"--tls_key={key}"]


def test_a_connection_is_encrypted_under_the_server_s_certificate(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    server = start("--listen=localhost:0", *tls(*authority.sign("server")))
    assert compare(connect(server, authority.ca)) == 3
    assert unreachable(connect(server, Authority(tmp_path, "stranger").ca))
    assert unreachable(server.raw(server.address))  # in plain text


def test_a_client_needs_a_certificate_where_both_sides_have_one(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    mutual = [*tls(*authority.sign("server")), f"--tls_client_ca={authority.ca}"]
    server = start("--listen=localhost:0", *mutual)
    assert compare(connect(server, authority.ca, *authority.sign("client"))) == 3
    assert unreachable(connect(server, authority.ca))
    stranger = Authority(tmp_path, "stranger").sign("somebody")
    assert unreachable(connect(server, authority.ca, *stranger))


def test_a_new_certificate_counts_without_a_restart(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.sign("server")
    server = start("--listen=localhost:0", *tls(certificate, key))
    old = connect(server, authority.ca)
    assert compare(old) == 3
    successor = Authority(tmp_path, "successor")
    new_certificate, new_key = successor.sign("renewed")
    new_key.replace(key)
    new_certificate.replace(certificate)
    until(lambda: not unreachable(connect(server, successor.ca)), "the new certificate is shown")
    assert compare(old) == 3  # what is connected stays so


def test_a_unix_socket_stays_plain_beside_tls(start: Start, authority: Authority) -> None:
    path = start().directory / "plain"
    server = start(f"--listen=unix:{path},localhost:0", *tls(*authority.sign("server")))
    assert compare(server.raw(f"unix:{path}")) == 3


def test_the_probe_asks_a_server_with_tls_on_both_sides(start: Start, authority: Authority) -> None:
    mutual = [*tls(*authority.sign("server")), f"--tls_client_ca={authority.ca}"]
    server = start("--listen=localhost:0", *mutual)
    probe = [str(binary()), "--healthcheck", f"--healthcheck_address={server.address}", *mutual]
    subprocess.run(probe, check=True, timeout=PATIENCE_S, env=environment())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"tls_key": ""}, "--tls_certificate and --tls_key go together"),
        ({"tls_certificate": "nowhere"}, "nowhere: "),
        ({"tls_key": "other.key"}, "other.key: key values mismatch"),
        ({"tls_client_ca": "server.key"}, "server.key: "),
    ],
)
def test_files_that_do_not_fit_are_named_at_the_start(
    authority: Authority, change: dict[str, str], complaint: str
) -> None:
    authority.sign("server")
    authority.sign("other")
    named = {"tls_certificate": "server.pem", "tls_key": "server.key"} | change
    flags = [
        f"--{flag}={authority.directory / name if name else ''}" for flag, name in named.items()
    ]
    with pytest.raises(ServerEndedError) as ended:
        Server("--listen=localhost:0", *flags)
    assert complaint in ended.value.log


# ---- Tokens ----


def test_a_call_needs_one_of_the_tokens(start: Start, tokens: Path) -> None:
    tokens.write_text(f"# who may\n{TOKEN}\n\n{OTHER}\n")
    raw = start(f"--tokens_file={tokens}").raw()
    assert compare(raw, TOKEN) == compare(raw, OTHER) == 3
    for token, message in [
        (None, "the call has none"),
        (TOKEN[:-1], "none that this server takes"),
    ]:
        refusal = refused(raw, token)
        assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "UNAUTHENTICATED")
        assert refusal.field == "authorization"
        assert message in refusal.message
        assert TOKEN not in refusal.message


def test_streams_need_a_token_too(start: Start, tokens: Path) -> None:
    raw = start(f"--tokens_file={tokens}").raw()
    assert raw.refusal("StreamTerms", b"").reason == "UNAUTHENTICATED"


def test_health_is_told_without_a_token_and_reflection_is_off(start: Start, tokens: Path) -> None:
    raw = start(f"--tokens_file={tokens}").raw()
    assert raw.health() == SERVING
    reflection = raw.channel.stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", None, None
    )
    with pytest.raises(grpc.RpcError) as error:
        list(reflection(iter([b"\x3a\x00"]), timeout=PATIENCE_S))
    assert Refusal.of(error.value).code == "UNIMPLEMENTED"


def test_tokens_are_rotated_without_a_restart(start: Start, tokens: Path, tmp_path: Path) -> None:
    server = start(f"--tokens_file={tokens}")
    raw = server.raw()

    def takes(token: str) -> bool:
        try:
            return compare(raw, token) == 3
        except grpc.RpcError:
            return False

    def replace(text: str) -> None:
        (tmp_path / "next").write_text(text)
        (tmp_path / "next").replace(tokens)

    assert takes(TOKEN)
    assert not takes(OTHER)
    replace(f"{TOKEN}\n{OTHER}\n")
    until(lambda: takes(OTHER), "the new token is taken")
    assert takes(TOKEN)
    replace("too short\n")
    until(lambda: takes(OTHER) and "tokens stay as they were" in server.log, "the file is refused")
    assert takes(TOKEN)
    replace(f"{OTHER}\n")
    until(lambda: not takes(TOKEN), "the old token is refused")
    assert takes(OTHER)
    assert TOKEN not in server.log
    assert OTHER not in server.log


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "No such file or directory"),
        ("", "has no token"),
        ("# nobody\n", "has no token"),
        (f"{TOKEN}\nshort\n", "line 2 has a token of 5 characters, expected 16 to 4096"),
        (f"{TOKEN} {OTHER}", "line 1 is no token"),
        (f"{TOKEN}\n\x07{OTHER}", "line 2 is no token"),
    ],
)
def test_a_tokens_file_that_is_none_is_named_at_the_start(
    tmp_path: Path, text: str | None, complaint: str
) -> None:
    file = tmp_path / "tokens"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ServerEndedError) as ended:
        Server(f"--tokens_file={file}")
    assert f"--tokens_file: {file}: " in ended.value.log
    assert complaint in ended.value.log


# ---- Both ----


@pytest.mark.parametrize(
    ("secured", "lacks"),
    [
        ("nothing", "encryption or authentication"),
        ("tokens", "encryption: "),
        ("tls", "authentication: "),
        ("both", None),
    ],
)
def test_the_log_warns_of_what_is_open_to_other_machines(
    start: Start, authority: Authority, tokens: Path, secured: str, lacks: str | None
) -> None:
    flags = [f"--tokens_file={tokens}"] if secured in ("tokens", "both") else []
    if secured in ("tls", "both"):
        flags += tls(*authority.sign("server"))
    log = start("--listen=0.0.0.0:0", *flags).log
    if lacks is None:
        assert "beyond loopback" not in log
    else:
        assert f"listening beyond loopback without {lacks}" in log


def test_the_python_client_speaks_tls_on_both_sides_and_bears_a_token(
    start: Start, authority: Authority, tokens: Path
) -> None:
    mutual = [*tls(*authority.sign("server")), f"--tls_client_ca={authority.ca}"]
    server = start("--listen=localhost:0", *mutual, f"--tokens_file={tokens}")
    certificate, key = authority.sign("client")
    encrypted = ks.TLS(ca=authority.ca, certificate=certificate, key=key)
    with ks.connect(server.address, tls=encrypted, token=TOKEN) as client:
        assert client.compare("kitten", "sitting") == 3
        assert client.top_k(["kitten"], ["sitting", "mitten"], 1)["choice_index"].to_pylist() == [1]
    with (
        ks.connect(server.address, tls=encrypted, token=OTHER) as stranger,
        pytest.raises(ks.AuthenticationError, match="none that this server takes"),
    ):
        stranger.compare("kitten", "sitting")
