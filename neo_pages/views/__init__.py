"""The views of the pages, one file a subject: parse, fetch what is visible, call one action, answer."""
