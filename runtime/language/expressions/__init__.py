"""The expression language: text to tokens, tokens to a tree, the tree to a Python function."""
