package directus

// MarkOf is for tests that play a sibling.
func MarkOf(refresh Secret) string { return markOf(refresh) }
