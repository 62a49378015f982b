//go:build linux || darwin

package directuslab

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// DefaultVersion is the Directus to develop and test against when nothing else is asked for.
const DefaultVersion = "12.4.0"

var versions = []string{DefaultVersion, "11.17.4"}

// Versions returns the versions of Directus that can be installed, the default one first.
func Versions() []string { return slices.Clone(versions) }

// One directory per version, and one per platform that Node is brought to, each with the package.json and package-lock.json that npm installs from.
// The lock files carry integrity hashes but no addresses, so npm downloads from whatever registry it is set up with.
//
//go:embed packages
var packages embed.FS

// cacheEnv names the environment variable that moves the cache.
const cacheEnv = "CHATD_LAB_CACHE"

func cacheDir() (string, error) {
	if dir := os.Getenv(cacheEnv); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for the cache: set %s to a directory outside the checkout: %w", cacheEnv, err)
	}
	return filepath.Join(dir, "directus-chat"), nil
}

func checkVersion(version string) error {
	if !slices.Contains(versions, version) {
		return fmt.Errorf("%w: Directus %q is not one of %s", ErrUnknownVersion, version, strings.Join(versions, ", "))
	}
	return nil
}
