package main

import (
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/web"
)

func sourceFiles() fstest.MapFS {
	return fstest.MapFS{
		"page.html":            {Data: []byte("<!doctype html>")},
		"worker.js":            {Data: []byte("// worker")},
		"manifest.webmanifest": {Data: []byte("{}")},
		"css/app.css":          {Data: []byte(strings.Repeat("body { margin: 0 }\n", 50))},
		"js/boot/boot.js":      {Data: []byte("'boot'; // the first")},
		"js/boot/past.js":      {Data: []byte("'past';\n")},
		"js/loader/loader.js":  {Data: []byte("'loader';\n")},
		"js/compiler.js":       {Data: []byte("'compiler';\n")},
		"icons/icon.svg":       {Data: []byte("<svg/>")},
		"icons/icon-192.png":   {Data: []byte("\x89PNG")},
		"embed.go":             {Data: []byte("package web")},
	}
}

var program, glue = []byte("\x00asm"), []byte("'glue';")

// dirContent is every file of a folder, by name.
func dirContent(t *testing.T, dir string) map[string]string {
	t.Helper()
	content := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		require.NoError(t, err)
		content[entry.Name()] = string(text)
	}
	return content
}

func TestBundleWritesEveryAssetTwiceCompressed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, bundle(sourceFiles(), dir, program, glue, io.Discard))

	built, err := web.Open(os.DirFS(dir))
	require.NoError(t, err)
	assert.Equal(t,
		[]string{"app.css", "app.wasm", "boot.js", "compiler.js", "icon-192.png", "icon.svg", "loader.js"},
		slices.Sorted(maps.Keys(built.Assets)))

	css := built.Assets["app.css"]
	assert.Regexp(t, `^app\.[0-9a-f]{16}\.css$`, css.File)
	assert.Equal(t, "text/css; charset=utf-8", css.Type)
	assert.Equal(t, int64(950), css.Size)
	assert.Equal(t, "application/wasm", built.Assets["app.wasm"].Type)
	for _, c := range codings {
		assert.True(t, c.holds(filepath.Join(dir, css.File+c.ext), sourceFiles()["css/app.css"].Data), c.name)
	}
	for _, name := range []string{"page.html", "worker.js", "manifest.webmanifest"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, sourceFiles()[name].Data, text)
	}
}

// script is what is served of one, decompressed.
func script(t *testing.T, dir, name string) string {
	t.Helper()
	built, err := web.Open(os.DirFS(dir))
	require.NoError(t, err)
	r, err := os.Open(filepath.Join(dir, built.Assets[name].File+".br"))
	require.NoError(t, err)
	defer r.Close()
	text, err := io.ReadAll(brotli.NewReader(r))
	require.NoError(t, err)
	return string(text)
}

func TestBundleJoinsScripts(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, bundle(sourceFiles(), dir, program, glue, io.Discard))
	assert.Equal(t, "'boot'; // the first\n'past';\n", script(t, dir, "boot.js"))
	assert.Equal(t, "'compiler';\n", script(t, dir, "compiler.js"))
	assert.Equal(t, "'glue';\n'loader';\n", script(t, dir, "loader.js"))
}

func TestBundleLeavesRemarksOut(t *testing.T) {
	files, dir := sourceFiles(), t.TempDir()
	files["js/compiler.js"].Data = []byte("// Why.\n{\n  // more\n  at(`https://example.com`); // briefly\n}\n")
	require.NoError(t, bundle(files, dir, program, glue, io.Discard))
	assert.Equal(t, "{\n  at(`https://example.com`); // briefly\n}\n", script(t, dir, "compiler.js"))
}

func TestBundleIsReproducible(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	require.NoError(t, bundle(sourceFiles(), first, program, glue, io.Discard))
	require.NoError(t, bundle(sourceFiles(), second, program, glue, io.Discard))
	assert.Equal(t, dirContent(t, first), dirContent(t, second))
}

func TestBundleLeavesUnchangedFilesAlone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, bundle(sourceFiles(), dir, program, glue, io.Discard))
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	for name := range dirContent(t, dir) {
		require.NoError(t, os.Chtimes(filepath.Join(dir, name), old, old))
	}

	require.NoError(t, bundle(sourceFiles(), dir, program, glue, io.Discard))
	for name := range dirContent(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, old, info.ModTime(), name)
	}
}

func TestBundleReplacesWhatChanged(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "placeholder"), nil, 0o644))
	require.NoError(t, bundle(sourceFiles(), dir, program, glue, io.Discard))
	before, err := web.Open(os.DirFS(dir))
	require.NoError(t, err)

	changed := sourceFiles()
	changed["css/app.css"].Data = []byte("body { margin: 1px }")
	require.NoError(t, bundle(changed, dir, program, glue, io.Discard))
	after, err := web.Open(os.DirFS(dir))
	require.NoError(t, err)

	files := dirContent(t, dir)
	assert.NotEqual(t, before.Version, after.Version)
	assert.NotContains(t, files, before.Assets["app.css"].File+".br", "the old style stays embedded")
	assert.Contains(t, files, after.Assets["app.css"].File+".br")
	assert.Contains(t, files, "placeholder")
	assert.Equal(t, before.Assets["boot.js"], after.Assets["boot.js"])
}

func TestBundleVersionCoversTemplates(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, bundle(sourceFiles(), dir, program, glue, io.Discard))
	before, err := web.Open(os.DirFS(dir))
	require.NoError(t, err)

	changed := sourceFiles()
	changed["worker.js"].Data = []byte("// another worker")
	require.NoError(t, bundle(changed, dir, program, glue, io.Discard))
	after, err := web.Open(os.DirFS(dir))
	require.NoError(t, err)
	assert.NotEqual(t, before.Version, after.Version)
}

func TestBundleRepairsDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, bundle(sourceFiles(), dir, program, glue, io.Discard))
	want := dirContent(t, dir)
	built, err := web.Open(os.DirFS(dir))
	require.NoError(t, err)
	damaged := filepath.Join(dir, built.Assets["app.css"].File+".br")
	require.NoError(t, os.Truncate(damaged, 10))

	require.NoError(t, bundle(sourceFiles(), dir, program, glue, io.Discard))
	assert.Equal(t, want, dirContent(t, dir))
}

func TestBundleRefuses(t *testing.T) {
	tests := map[string]struct {
		edit func(files fstest.MapFS)
		want string
	}{
		"a script twice":     {func(files fstest.MapFS) { files["js/boot.js"] = files["js/compiler.js"] }, "boot.js is a file and a folder"},
		"a missing template": {func(files fstest.MapFS) { delete(files, "worker.js") }, "worker.js"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := sourceFiles()
			test.edit(files)
			assert.ErrorContains(t, bundle(files, t.TempDir(), program, glue, io.Discard), test.want)
		})
	}
	_, err := describe(source{name: "sound.ogg"})
	assert.ErrorContains(t, err, `no content type is known for ".ogg"`)
}

func TestCodingsRoundTrip(t *testing.T) {
	content := bytes.Repeat([]byte("the same again "), 1000)
	for _, c := range codings {
		compressed, err := c.compress(content)
		require.NoError(t, err)
		assert.Less(t, len(compressed), len(content)/10, c.name)
		r, err := c.reader(bytes.NewReader(compressed))
		require.NoError(t, err)
		back, err := io.ReadAll(r)
		require.NoError(t, err)
		assert.Equal(t, content, back, c.name)
	}
}
