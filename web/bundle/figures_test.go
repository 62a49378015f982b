package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCommittedFiguresCanBeRead(t *testing.T) {
	text, err := os.ReadFile("size.txt")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(text), figuresHead))
	figures, err := parseFigures(string(text))
	require.NoError(t, err)
	assert.Len(t, figures, len(limits))
}

func TestFiguresMayBeExceededByThreePercent(t *testing.T) {
	committed := []int64{1000, 100, 10}
	tests := map[string]struct {
		weighed []int64
		wrong   string // "" if all is well
	}{
		"as committed":     {[]int64{1000, 100, 10}, ""},
		"smaller":          {[]int64{1, 1, 1}, ""},
		"three percent":    {[]int64{1030, 103, 10}, ""},
		"the program grew": {[]int64{1031, 100, 10}, "program is 1031 bytes, 3.1 % above its figure"},
		"the frame grew":   {[]int64{1000, 104, 10}, "frame is 104 bytes, 4.0 % above its figure"},
		"the scripts grew": {[]int64{1000, 100, 11}, "script is 11 bytes, 10.0 % above its figure"},
		"all, and said so": {[]int64{2000, 200, 20}, "frame is 200"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := compareFigures(&out, committed, test.weighed)
			assert.Contains(t, out.String(), "1650000")
			if test.wrong == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.wrong)
			assert.ErrorContains(t, err, "-accept")
		})
	}
}

func TestALargerBuildIsAcceptedWithItsReason(t *testing.T) {
	file := filepath.Join(t.TempDir(), "size.txt")
	require.NoError(t, acceptFigures(file, []int64{1000, 100, 10}, "the first"))
	require.NoError(t, acceptFigures(file, []int64{2000, 100, 10}, "search,\nby word"))

	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, figuresHead+"program 2000 search, by word\nframe 100 the first\nscript 10 the first\n", string(text))
	figures, err := parseFigures(string(text))
	require.NoError(t, err)
	assert.NoError(t, compareFigures(io.Discard, figures, []int64{2000, 100, 10}))
}

func TestABuildIsHeldAgainstItsFigures(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "size.txt")
	files := sourceFiles()
	require.NoError(t, bundle(files, dir, program, glue, io.Discard))
	assert.ErrorIs(t, reportSizes(io.Discard, files, os.DirFS(dir), file, ""), os.ErrNotExist, "nothing is committed yet")
	require.NoError(t, reportSizes(io.Discard, files, os.DirFS(dir), file, "the first"))
	require.NoError(t, reportSizes(io.Discard, files, os.DirFS(dir), file, ""))

	files["css/app.css"].Data = append(files["css/app.css"].Data, "a { color: red } p { color: blue }"...)
	require.NoError(t, bundle(files, dir, program, glue, io.Discard))
	var out strings.Builder
	assert.ErrorContains(t, reportSizes(&out, files, os.DirFS(dir), file, ""), "frame is ")
	assert.Contains(t, out.String(), "page, scripts and style together")
	require.NoError(t, reportSizes(io.Discard, files, os.DirFS(dir), file, "two colours"))
	assert.NoError(t, reportSizes(io.Discard, files, os.DirFS(dir), file, ""))
}

func TestFiguresRefused(t *testing.T) {
	for text, want := range map[string]string{
		"program 1 why\n":                "no figure for frame",
		"program 1 why\nframe 1 why\n":   "no figure for script",
		"program 1\nframe 1 why\n":       "not a name",
		"program one why\nframe 1 why\n": "invalid syntax",
	} {
		_, err := parseFigures(text)
		assert.ErrorContains(t, err, want)
	}
}
