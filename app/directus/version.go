package directus

import (
	"strconv"
	"strings"
)

// VersionSince reports whether a version of Directus, as /server/info tells it, is major.minor or later. One that cannot
// be read is not.
func VersionSince(version string, major, minor int) bool {
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	a, errMajor := strconv.Atoi(first)
	b, errMinor := strconv.Atoi(second)
	return errMajor == nil && errMinor == nil && (a > major || a == major && b >= minor)
}
