package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// helps is what every command says to -help.
func helps(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, c := range commands {
		var out safeBuffer
		p := program{stdout: &out, stderr: &out}
		p.run(t.Context(), []string{c.name, "-help"})
		texts[c.name] = out.String()
	}
	return texts
}

// Ensure that the files in deploy set only what chatd knows: of a variable that it does not know it says nothing.
func TestDeployFilesNameWhatThereIs(t *testing.T) {
	variable := regexp.MustCompile(`\bCHATD_[A-Z_]+`)
	call := regexp.MustCompile(`\bchatd (` + commandNames() + `)((?: -[a-z-]+(?:[ =][^-\s]\S*)?)*)`)
	option := regexp.MustCompile(` (-[a-z-]+)`)
	help := helps(t)
	files, err := filepath.Glob("deploy/*.*")
	require.NoError(t, err)
	files = append(files, "deploy/Containerfile")
	variables, options := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range variable.FindAllString(string(text), -1) {
			variables++
			assert.Contains(t, help["serve"], "["+name+"]", file)
		}
		for _, found := range call.FindAllStringSubmatch(string(text), -1) {
			for _, flag := range option.FindAllStringSubmatch(found[2], -1) {
				if flag[1] != "-help" {
					options++
					assert.Contains(t, help[found[1]], "\n  "+flag[1]+" ", "%s: %s", file, found[0])
				}
			}
		}
	}
	assert.GreaterOrEqual(t, variables, 8, "the test has not found what the files set")
	assert.GreaterOrEqual(t, options, 2, "the test has not found how the files call chatd")
}

func commandNames() string {
	names := make([]string, 0, len(commands))
	for _, c := range commands {
		names = append(names, c.name)
	}
	return strings.Join(names, "|")
}

// A composed service is the part of one in compose.yaml that others depend on, and what it must not hold.
type composed struct {
	Image       string
	ReadOnly    bool           `yaml:"read_only"`
	DependsOn   map[string]any `yaml:"depends_on"`
	Environment map[string]string
	Ports       []string
	Networks    []string
	Secrets     []string
	Volumes     []string
}

// Ensure that what services of compose.yaml refer to is there, that no secret stands in it, and that nothing is open to
// other machines.
func TestComposeFile(t *testing.T) {
	file, err := os.Open("deploy/compose.yaml")
	require.NoError(t, err)
	defer file.Close()
	var compose struct {
		Services                   map[string]composed
		Networks, Secrets, Volumes map[string]any
	}
	require.NoError(t, yaml.NewDecoder(file).Decode(&compose))
	require.Len(t, compose.Services, 4)
	for name, s := range compose.Services {
		assert.NotEmpty(t, s.Networks, name)
		for other := range s.DependsOn {
			assert.Contains(t, compose.Services, other, name)
		}
		for _, network := range s.Networks {
			assert.Contains(t, compose.Networks, network, name)
		}
		for _, secret := range s.Secrets {
			assert.Contains(t, compose.Secrets, secret, name)
		}
		for _, volume := range s.Volumes {
			volume, _, _ = strings.Cut(volume, ":")
			assert.Contains(t, compose.Volumes, volume, name)
		}
		for _, port := range s.Ports {
			assert.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s: %s", name, port)
		}
		for variable, value := range s.Environment {
			if secret, ok := strings.CutPrefix(value, "/run/secrets/"); ok {
				assert.Contains(t, s.Secrets, secret, "%s: %s", name, variable)
				continue
			}
			assert.NotRegexp(t, `PASSWORD|SECRET|TOKEN`, variable, "%s: a secret belongs into a file", name)
		}
	}
	assert.Contains(t, compose.Services["directus"].Image, "12.4.0")
	assert.True(t, compose.Services["chatd"].ReadOnly)
	assert.NotContains(t, compose.Services["chatd"].Networks, "back", "chatd has no business with the database")

	flags := []string{}
	for variable, value := range compose.Services["chatd"].Environment {
		value = regexp.MustCompile(`^\$\{PUBLIC_URL:\?.*\}$`).ReplaceAllString(value, "https://chat.example.com")
		name := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "CHATD_"), "_", "-"))
		flags = append(flags, "-"+name, value)
	}
	_, err = parseConfig(flags, io.Discard)
	assert.NoError(t, err, "chatd would not start")
}

// Ensure that what compose.yaml must be told is in the .env that its note writes: without it no call of compose works, not
// even one that only shows the log.
func TestComposeNoteSetsWhatIsRequired(t *testing.T) {
	text, err := os.ReadFile("deploy/compose.yaml")
	require.NoError(t, err)
	note := regexp.MustCompile(`(?m)^#\tprintf .* > \.env\b`).FindString(string(text))
	required := regexp.MustCompile(`\$\{([A-Z_]+):\?`).FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, required)
	for _, variable := range required {
		assert.Contains(t, note, " "+variable[1]+"=")
	}
}

// Ensure that the secrets which compose.yaml has beside it come neither into the repository nor into a layer of the image.
func TestDeploySecretsStayOut(t *testing.T) {
	for file, line := range map[string]string{
		"../../.gitignore":    "/cmd/chatd/deploy/secrets/\n/cmd/chatd/deploy/.env\n",
		"../../.dockerignore": "\ncmd/chatd/deploy\n",
	} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Contains(t, string(text), line, file)
	}
}
