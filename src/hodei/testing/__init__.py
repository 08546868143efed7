"""Contract suites that every implementation of a port must pass, and the time they own.

The suites are classes of pytest tests. Inherit one, give it the fixtures that its docstring
names, and have pytest rewrite its assertions:

    pytest.register_assert_rewrite("hodei.testing")
"""
