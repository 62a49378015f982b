package wasm

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	// In the program: a change of them makes old results of these tests void.
	_ "directuschat/app/client"
	_ "directuschat/app/store"
	_ "directuschat/app/ui"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Native: true,
		Never:  map[string]string{"directuschat/...": "which program it compiles is its callers' matter"},
	})
}

// heavy leads from packages that a program must do without to the reason.
var heavy = map[string]string{
	"net/http":               "it brings TLS, and with it half a megabyte of code",
	"crypto":                 "all of Go's cryptography comes with any of it",
	"math/big":               "only cryptography needs it",
	"github.com/google/uuid": "app/uuid does what is needed without crypto",
	"regexp":                 "it brings all tables of Unicode",
	"html/template":          "texts are text nodes",
	"text/template":          "texts are in app/texts",
	"log":                    "the browser has no log to write to",
	"nhooyr.io/websocket":    "its part for the browser imports net/http",
}

func TestProgramsDoWithoutTheServersHalf(t *testing.T) {
	for _, program := range []string{"directuschat/cmd/chat", "directuschat/app/ui/stage"} {
		packages, err := Packages(program)
		require.NoError(t, err)
		assert.Contains(t, packages, goApp+"/pkg/app")
		assert.Contains(t, packages, "directuschat/app/uuid")
		for _, p := range packages {
			for tree, why := range heavy {
				if p == tree || strings.HasPrefix(p, tree+"/") {
					t.Errorf("%s imports %s: %s", program, p, why)
				}
			}
		}
	}
}

func TestBuild(t *testing.T) {
	program, err := Build("directuschat/cmd/chat", "-s -w")
	require.NoError(t, err)
	assert.Equal(t, "\x00asm", string(program[:4]))
	here, err := os.Getwd()
	require.NoError(t, err)
	assert.NotContains(t, string(program), filepath.Dir(here), "the program depends on where it was made")
	s, err := readSections(program)
	require.NoError(t, err)
	assert.NotNil(t, s.content(startSection), "this Go has another table of functions: see functab.go")
	_, buckets := findFunctab(s.content(dataSection))
	assert.Zero(t, buckets)

	_, err = Build("directuschat/cmd/none", "")
	assert.ErrorContains(t, err, "compile directuschat/cmd/none")
	assert.ErrorContains(t, err, "cmd/none", "the go command's own words are missing")
}

func TestAnotherGoAppIsRefused(t *testing.T) {
	packages, err := list(goAppPackages)
	require.NoError(t, err)
	require.Len(t, packages, 2)
	_, err = leanFiles(packages[1:])
	assert.ErrorContains(t, err, "it has no pkg/app/", "a file to shorten has gone")

	packages[0].Module.Version = "v10.2.0"
	_, err = leanFiles(packages)
	assert.ErrorContains(t, err, "go.mod has v10.2.0, and what the browser needs is known of "+goAppVersion)
}

func TestAnotherExecIsRefused(t *testing.T) {
	exec, err := Exec()
	require.NoError(t, err)
	assert.Contains(t, string(exec), string(ours))
	assert.Contains(t, string(exec), "importObject = {\n\t\t\t\tdom,\n")
	_, err = withOurs([]byte("class Go {}"))
	assert.ErrorContains(t, err, "has 0 functions loadString")
	_, err = withOurs([]byte("\t\t\tconst loadString = (addr) => {\n\t\t\t}\n"))
	assert.ErrorContains(t, err, "has 0 objects to import from")
}

const source = `package p

import (
	"fmt"
	named "os"
	"path"
	"strings"
)

// T is a type.
type T struct{}

// String is its method.
func (*T) String() string { return fmt.Sprint() }

// F stays.
func F() string { return path.Base(strings.ToUpper("x")) }

func (U) M() {} // stays, too

type U struct{}

func (U) N() {}
`

func TestCut(t *testing.T) {
	got, err := cut([]byte(source), []string{"T", "U.N"}, map[string]string{"path": "other/path"})
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(got)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	assert.Equal(t, []string{
		"package p", "import (", `named "os"`, `"other/path"`, `"strings"`, ")",
		"// F stays.", `func F() string { return path.Base(strings.ToUpper("x")) }`,
		"func (U) M() {} // stays, too", "type U struct{}",
	}, lines)

	_, err = cut([]byte(source), []string{"T", "V"}, nil)
	assert.ErrorContains(t, err, "it declares no V")
	_, err = cut([]byte("package"), nil, nil)
	assert.Error(t, err)
}

func TestWriteFolder(t *testing.T) {
	folder := t.TempDir()
	content := func() map[string]string {
		found := map[string]string{}
		require.NoError(t, filepath.WalkDir(folder, func(file string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(file)
			name, _ := filepath.Rel(folder, file)
			found[filepath.ToSlash(name)] = string(text)
			return err
		}))
		return found
	}
	require.NoError(t, writeFolder(folder, map[string][]byte{"a": []byte("1"), "b/c": []byte("2"), "b/d": []byte("3")}))
	assert.Equal(t, map[string]string{"a": "1", "b/c": "2", "b/d": "3"}, content())

	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, name := range slices.Sorted(maps.Keys(content())) {
		require.NoError(t, os.Chtimes(filepath.Join(folder, name), old, old))
	}
	require.NoError(t, writeFolder(folder, map[string][]byte{"a": []byte("1"), "b/c": []byte("new")}))
	assert.Equal(t, map[string]string{"a": "1", "b/c": "new"}, content())
	info, err := os.Stat(filepath.Join(folder, "a"))
	require.NoError(t, err)
	assert.Equal(t, old, info.ModTime(), "a file that is right was written again")
}

// Ensure that what does nothing in the program is declared in Go's runtime, and once. If not, another Go has other words
// for it: see goRuntimeLess.
func TestLeanRuntime(t *testing.T) {
	overlay, err := leanRuntime()
	require.NoError(t, err)
	text, err := os.ReadFile(overlay)
	require.NoError(t, err)
	var read struct{ Replace map[string]string }
	require.NoError(t, json.Unmarshal(text, &read))
	require.Len(t, read.Replace, len(goRuntimeLess))
	for original, instead := range read.Replace {
		function := goRuntimeLess[filepath.Base(original)]
		before, err := os.ReadFile(original)
		require.NoError(t, err)
		assert.NotContains(t, string(before), function+" {}")
		after, err := os.ReadFile(instead)
		require.NoError(t, err)
		assert.True(t, strings.HasSuffix(string(after), "\n"+function+" {}\n"))
		assert.Equal(t, 1, strings.Count(string(after), function))
	}
}
