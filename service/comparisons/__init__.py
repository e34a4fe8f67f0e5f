"""Several studies side by side: how alike their best goals are, and which weights matter in each."""
