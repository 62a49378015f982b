package main

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEachReadersLanguage(t *testing.T) {
	server := startSite(t, io.Discard)
	tags := map[string]bool{}
	for accept, want := range map[string]string{"": "en", "de-AT,de;q=0.9,en;q=0.8": "de", "he-IL": "he", "fr": "en"} {
		for _, path := range []string{"/", "/m/1"} {
			answer, body := send(t, server, http.MethodGet, path, map[string]string{"Accept-Language": accept}, nil)
			assert.Equal(t, want, answer.Header.Get("Content-Language"), accept)
			assert.Contains(t, body, `<html lang="`+want+`"`, accept)
			assert.Equal(t, "Accept-Encoding, Accept-Language", answer.Header.Get("Vary"), "caches must not mix them up")
			tags[answer.Header.Get("ETag")] = true
		}
	}
	assert.Len(t, tags, 3, "or a browser that has changed its language would be told that it has the page")

	answer, _ := send(t, server, http.MethodGet, "/manifest.webmanifest", map[string]string{"Accept-Language": "de"}, nil)
	assert.Equal(t, "de", answer.Header.Get("Content-Language"))
	answer, _ = send(t, server, http.MethodGet, "/worker.js", map[string]string{"Accept-Language": "de"}, nil)
	assert.Equal(t, "Accept-Encoding", answer.Header.Get("Vary"))
}

func TestOneLanguage(t *testing.T) {
	server := startSite(t, io.Discard, "-lang", "de")
	answer, body := send(t, server, http.MethodGet, "/", map[string]string{"Accept-Language": "he"}, nil)
	assert.Contains(t, body, `<html lang="de"`)
	assert.Equal(t, "Accept-Encoding", answer.Header.Get("Vary"))

	_, err := parseConfig([]string{"-directus-url", directusURL, "-lang", "fr"}, io.Discard)
	assert.EqualError(t, err, `-lang must be one of en, de, he, not "fr"`)
}
