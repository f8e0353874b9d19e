"""The pages: thin, they parse, call a use case and render what that gives. Links and forms do it all, no script."""
