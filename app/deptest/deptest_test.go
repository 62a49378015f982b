//go:build !js

package deptest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestImports(t *testing.T) {
	Check(t, Rules{
		Native: true,
		Never:  map[string]string{"directuschat/...": "every package's tests use it, so it can know none of them"},
	})
}

// The root package has no tests beside it: the top level of the project is for what its users look for.
func TestImportsOfTheRoot(t *testing.T) {
	t.Chdir("../..")
	Check(t, Rules{
		Only:    []string{"cmp", "errors", "fmt", "slices", "strings", "time", "unicode/utf8"},
		OnlyWhy: "both programs, and the pure domain, import this package: it holds names and numbers, nothing that works",
	})
}

func TestViolations(t *testing.T) {
	p := pack{
		path:    "m/p",
		imports: map[string][]string{"a.go": {"fmt", "net/http"}, "b_js.go": {"syscall/js"}},
		deps:    []string{"fmt", "io", "net/http"},
	}
	tests := map[string]struct {
		rules Rules
		want  []string
	}{
		"no rules":          {Rules{}, nil},
		"never":             {Rules{Never: map[string]string{"net/http": "too big"}}, []string{`m/p/a.go imports "net/http": too big`}},
		"never, a tree":     {Rules{Never: map[string]string{"net/...": "too big"}}, []string{`m/p/a.go imports "net/http": too big`}},
		"a tree is no stem": {Rules{Never: map[string]string{"ne/...": "too big"}}, nil},
		"never reach":       {Rules{NeverReach: map[string]string{"io": "pure"}}, []string{`m/p depends on "io": pure`}},
		"only": {Rules{Only: []string{"fmt", "syscall/js"}, OnlyWhy: "pure"},
			[]string{`m/p/a.go imports "net/http": pure`}},
		"only in, obeyed": {Rules{OnlyIn: map[string]string{"syscall/js": "_js.go"}}, nil},
		"only in, broken": {Rules{OnlyIn: map[string]string{"fmt": "_js.go"}},
			[]string{`m/p/a.go imports "fmt": that belongs into files named *_js.go`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, test.rules.violations(p))
		})
	}
}

func TestListReadsThisPackage(t *testing.T) {
	p, err := list("js", "wasm")
	require.NoError(t, err)
	assert.Equal(t, "directuschat/app/deptest", p.path)
	assert.Contains(t, p.imports["deptest.go"], "os/exec")
	assert.NotContains(t, p.imports, "deptest_test.go")
	assert.Contains(t, p.deps, "io")
}
