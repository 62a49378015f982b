package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/deptest"
	"directuschat/app/store"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{
			"directuschat/web": "it embeds the built program, which would carry itself",
			"net/http":         "its client alone adds a megabyte to the download",
			"encoding/json":    "this program only wires; the packages it wires decode what they read",
		},
	})
}

func TestReadSettings(t *testing.T) {
	attributes := map[string]string{
		"data-base": "/team/", "data-title": "Team", "data-icon": "/team/assets/icon.svg", "data-directus": "/team/directus",
		"data-max-length": "4000", "data-collection": "notes", "data-field-content": "text",
	}
	get := func(name string) string { return attributes[name] }
	s, err := readSettings("https://example.com", get)
	require.NoError(t, err)
	assert.Equal(t, settings{
		base: "/team/", title: "Team", icon: "/team/assets/icon.svg", directus: "https://example.com/team/directus",
		audit: "https://example.com/team/audit", maxLength: 4000, mapping: directuschat.Mapping{Collection: "notes", Content: "text"},
	}, s)
	assert.Equal(t, "/team", s.prefix())
	assert.Empty(t, settings{base: "/"}.prefix())

	attributes["data-max-length"] = ""
	_, err = readSettings("", get)
	assert.ErrorContains(t, err, "data-max-length")
	attributes["data-max-length"], attributes["data-collection"] = "1", ""
	_, err = readSettings("", get)
	assert.ErrorContains(t, err, "which collection")
}

// TestBootLooksWhereTheTokenIs: boot.js picks the screen by the key under which app/store keeps the refresh token.
func TestBootLooksWhereTheTokenIs(t *testing.T) {
	boot, err := os.ReadFile("../../web/js/boot/boot.js")
	require.NoError(t, err)
	for _, base := range []string{"/", "/team/"} {
		var key string
		var browser store.Memory
		browser.Refuse(func(full string) error {
			if strings.HasSuffix(full, ":"+store.TokenKey) {
				key = full
			}
			return nil
		})
		require.NoError(t, browser.Open(settings{base: base}.scope()).Put(context.Background(), store.TokenKey, "a token"))
		for _, area := range []string{"localStorage", "sessionStorage"} { // that of all tabs, and of one on a shared computer
			assert.Contains(t, string(boot), area+".getItem(`"+strings.Replace(key, base+":", "${html.dataset.base}:", 1)+"`)")
		}
	}
}
