//go:build linux || darwin

package directuslab

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// inherited are the variables of our own environment that Directus gets to see. No others: many names (DB_HOST, SECRET,
// PORT, …) are settings to it, and a test must not depend on what a shell has exported.
var inherited = []string{"PATH", "HOME", "LANG", "TZ", "TMPDIR", "NODE_EXTRA_CA_CERTS"}

// quiet are the settings that make Directus start fast and keep to itself. Options.Env overrides them.
//
// TELEMETRY=false is obeyed by 11; 12 without a licence sends its anonymous usage report all the same, which is one of the
// terms it is free under, so we leave it at that. It happens in the background and may fail.
var quiet = map[string]string{
	"NODE_ENV":                   "production",
	"LOG_LEVEL":                  "warn",
	"TELEMETRY":                  "false",
	"PROJECT_OWNER_ENABLED":      "false",
	"EMAIL_VERIFY_SETUP":         "false",
	"AI_ENABLED":                 "false",
	"MCP_ENABLED":                "false",
	"WEBSOCKETS_ENABLED":         "true",
	"WEBSOCKETS_GRAPHQL_ENABLED": "false",
	"WEBSOCKETS_LOGS_ENABLED":    "false",
	"WEBSOCKETS_COLLAB_ENABLED":  "false",
	// It answers 503 when the machine is busy, which a machine that runs tests is.
	"PRESSURE_LIMITER_ENABLED": "false",
}

// environment returns what a Directus process in dir is started with: the few inherited variables, the quiet settings,
// then extra, then what makes it this instance, which extra must not name.
func (i installation) environment(dir string, port int, secret string, extra map[string]string) ([]string, error) {
	own := map[string]string{
		"HOST":               "127.0.0.1",
		"PORT":               strconv.Itoa(port),
		"SECRET":             secret,
		"DB_CLIENT":          "sqlite3",
		"DB_FILENAME":        filepath.Join(dir, "data.db"),
		"STORAGE_LOCAL_ROOT": filepath.Join(dir, "uploads"),
		"EXTENSIONS_PATH":    filepath.Join(dir, "extensions"),
		"TEMP_PATH":          filepath.Join(dir, "tmp"),
		"NODE_COMPILE_CACHE": filepath.Join(i.dir, "compile-cache"), // saves a second of every start
	}
	env := map[string]string{"PUBLIC_URL": baseURL(port)}
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	maps.Copy(env, quiet)
	for name, value := range extra {
		if _, taken := own[name]; taken {
			return nil, fmt.Errorf("%s is what makes the instance itself and cannot be set from outside: leave it out (the port has an option of its own)", name)
		}
		env[name] = value
	}
	maps.Copy(env, own)

	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list, nil
}
