"""What crosses processes and is measured: run by `./dev bench`, not by the tests."""
