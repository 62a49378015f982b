package ui

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// raw is whatever makes elements of a text, in go-app, in templates and in browsers.
var raw = regexp.MustCompile(`\bapp\.Raw\b|template\.HTML|(?i:\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write|\bcreateContextualFragment\b|` +
	`\bDOMParser\b|\bset(?:HTMLUnsafe|HTML)\b|\bparseHTML(?:Unsafe)?\b|\bsrcdoc\b)`)

// TestNothingIsRaw: what people write becomes elements in no way but one by one, here or anywhere else in the page. The
// page's policy (require-trusted-types-for) says the same, to the browsers that know it.
func TestNothingIsRaw(t *testing.T) {
	for _, bad := range []string{`app.Raw("<b>")`, `list.innerHTML = text`, `n.Set("innerHTML", text)`, `node.insertAdjacentHTML("beforeend", text)`, `document.writeln(text)`, `.SrcDoc(text)`, `htmltemplate.HTML(text)`} {
		assert.Regexp(t, raw, bad)
	}
	read := 0
	for _, top := range []string{"app", "cmd", "web"} {
		files := os.DirFS("../../" + top)
		require.NoError(t, fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				if name == "dist" || name == "e2e/rivals" || name == "ui/stage/preact" { // built of the rest; what ours is measured beside
					return fs.SkipDir
				}
				return err
			}
			sources := []string{".go", ".js", ".html", ".txt"} // of the copy of go-app
			if strings.HasSuffix(name, "_test.go") || !slices.Contains(sources, path.Ext(name)) {
				return nil
			}
			text, err := fs.ReadFile(files, name)
			read++
			assert.Empty(t, raw.FindAllString(string(text), -1), "%s/%s", top, name)
			return err
		}))
	}
	assert.Greater(t, read, 200)
}
