//go:build linux || darwin

package directuslab

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("DB_HOST", "elsewhere")
	t.Setenv("TELEMETRY", "true")
	t.Setenv("LANG", "C.UTF-8")
	in := installation{dir: "/cache/12.4.0"}
	env, err := in.environment("/data", 20123, "s3cret", map[string]string{
		"ACCESS_TOKEN_TTL": "20s", "LOG_LEVEL": "debug", "PUBLIC_URL": "https://chat.example.com",
	})
	require.NoError(t, err)
	for _, want := range []string{
		"LANG=C.UTF-8", "TELEMETRY=false", "WEBSOCKETS_ENABLED=true",
		"ACCESS_TOKEN_TTL=20s", "LOG_LEVEL=debug", "PUBLIC_URL=https://chat.example.com",
		"HOST=127.0.0.1", "PORT=20123", "SECRET=s3cret", "DB_FILENAME=/data/data.db", "NODE_COMPILE_CACHE=/cache/12.4.0/compile-cache",
	} {
		assert.Contains(t, env, want)
	}
	assert.NotContains(t, env, "DB_HOST=elsewhere")
	assert.IsNonDecreasing(t, env)
}

func TestEnvironmentRefusesWhatMakesTheInstance(t *testing.T) {
	for _, name := range []string{"PORT", "HOST", "SECRET", "DB_CLIENT", "DB_FILENAME"} {
		_, err := installation{}.environment("/data", 20123, "s3cret", map[string]string{name: "x"})
		assert.ErrorContains(t, err, name)
	}
}
