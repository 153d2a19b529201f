"""The one world of the tests, and factories that reach a status through real use cases."""
