package main

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// prefixed is content after its length, as in a module.
func prefixed(content ...byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(content))), content...)
}

func section(id byte, content ...byte) []byte { return append([]byte{id}, prefixed(content...)...) }

// module is one import, and a function for each name: the n-th has n bytes.
func module(names ...string) []byte {
	code := []byte{byte(len(names))}
	list := []byte{byte(len(names) + 1), 0}
	list = append(list, prefixed([]byte("syscall.js.imported")...)...)
	for i, name := range names {
		code = append(code, prefixed(slices.Repeat([]byte{1}, i+1)...)...)
		list = append(list, byte(i+1))
		list = append(list, prefixed([]byte(name)...)...)
	}
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		section(importSection, 1, 0),
		section(codeSection, code...),
		section(dataSection, 0, 0, 0),
		section(customSection, append(prefixed([]byte("name")...), section(functionNames, list...)...)...))
}

func TestFunctionsAreCountedByPackage(t *testing.T) {
	file, err := readWasm(module(
		"main.main",
		"directuschat_app_ui.__Page_.Render",
		"slices.pdqsortCmpFunc_go.shape.struct___directuschat_app_ui.emoji__",
		"github.com_maxence_charriere_go_app_v10_pkg_app.Run",
		"type_.eq.directuschat_app_ui.Page",
		"memcmp",
		"directuschat_app_ui.init",
	))
	require.NoError(t, err)
	assert.Equal(t, 3, file.data)

	shares := packageShares(file, []string{
		"slices", "directuschat/app", "directuschat/app/ui", "github.com/maxence-charriere/go-app/v10/pkg/app",
	})
	var got []string
	for _, s := range shares {
		got = append(got, strings.Repeat("f", s.functions)+" "+strings.Repeat("b", len(s.code))+" "+s.name)
	}
	assert.Equal(t, []string{
		"ff bbbbbbbbb directuschat/app/ui",
		"f bbbbbb other",
		"f bbbbb equality and hashes of types, made by the compiler",
		"f bbbb github.com/maxence-charriere/go-app/v10/pkg/app",
		"f bbb slices",
		"f b ./cmd/chat",
	}, got)

	var out strings.Builder
	require.NoError(t, printPackages(&out, file, nil))
	assert.Regexp(t, `(?m)^ +28 +7  all code$`, out.String())
	assert.Regexp(t, `(?m)^ +3 +data: `, out.String())
	assert.Regexp(t, `(?m)^ +7  directuschat_app_ui.init$`, out.String())
}

// TestStartHasAName: nothing else may be without one.
func TestStartHasAName(t *testing.T) {
	start := section(startSection, 2) // behind the import and main.main
	file, err := readWasm(slices.Concat(module("main.main")[:8], section(importSection, 1, 0), start,
		section(codeSection, 2, 1, 1, 1, 1), section(customSection, append(prefixed([]byte("name")...), section(functionNames, 1, 1, 1, 'f')...)...)))
	require.NoError(t, err)
	require.Len(t, file.functions, 2)
	assert.Equal(t, "f", file.functions[0].name)
	assert.Equal(t, startName, file.functions[1].name)
}

// TestPackagesOfTheProgram: it can be told where its bytes come from, whatever has been done to it.
func TestPackagesOfTheProgram(t *testing.T) {
	t.Chdir("../..")
	var out strings.Builder
	require.NoError(t, reportPackages(&out))
	assert.Contains(t, out.String(), "  directuschat/app/ui\n")
}

func TestDamagedModulesAreRefused(t *testing.T) {
	whole := module("main.main")
	for end := range whole {
		_, err := readWasm(whole[:end])
		if end == 8 || end == 12 {
			continue // so far it is a module, without functions
		}
		assert.Error(t, err, "the first %d bytes", end)
	}
	_, err := readWasm(slices.Concat([]byte("\x00asm\x01\x00\x00\x00"), section(codeSection, 1, 1, 1)))
	assert.ErrorContains(t, err, "function 0 has no name")
}
