package texts

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{"directuschat/...": "the browser program and the server share it: it holds words, nothing that works"},
	})
}

// TestEveryLanguageIsWhole: every text is there in each language, and takes the same values.
func TestEveryLanguageIsWhole(t *testing.T) {
	for _, l := range Languages() {
		for key, first := range Languages()[0].Texts {
			words := l.Texts[key]
			if assert.NotEmpty(t, words, "%s has no text %q", l.Tag, key) {
				assert.Equal(t, values(first), values(words), "%s, %q takes other values: %s", l.Tag, key, words)
				assert.Equal(t, strings.TrimSpace(words), words, "%s, %q", l.Tag, key)
				assert.Equal(t, sentence(first), sentence(words), "%s, %q is a sentence there and none here, or the other way: %s", l.Tag, key, words)
			}
		}
		for key := range l.Texts {
			assert.Contains(t, Languages()[0].Texts, key, "only %s has it", l.Tag)
		}
	}
}

// values are the numbers of the values that a text takes.
func values(words string) []int {
	seen := map[int]bool{}
	next := 1
	for _, verb := range regexp.MustCompile(`%(?:\[(\d)\])?(\.0)?(.)`).FindAllStringSubmatch(words, -1) {
		if verb[1] != "" {
			fmt.Sscan(verb[1], &next)
		}
		if verb[3] != "s" {
			return []int{-1}
		}
		seen[next] = true
		next++
	}
	return slices.Sorted(maps.Keys(seen))
}

func sentence(words string) bool { return strings.HasSuffix(words, ".") }

// TestDirection: a language that is written from the right has letters that are, and the other way.
func TestDirection(t *testing.T) {
	for _, l := range Languages() {
		hebrew := 0
		for _, words := range l.Texts {
			if strings.ContainsFunc(words, func(r rune) bool { return unicode.Is(unicode.Hebrew, r) }) {
				hebrew++
			}
		}
		want := 0
		if l.Dir == "rtl" {
			want = len(l.Texts)
		}
		assert.Equal(t, want, hebrew, l.Tag)
	}
}

func TestFor(t *testing.T) {
	assert.Equal(t, "rtl", For("he").Dir)
	assert.Equal(t, "en", For("tlh").Tag)
	assert.Equal(t, "en", For("").Tag)
}

func TestForm(t *testing.T) {
	assert.Equal(t, Key("later-one"), Key("later").Form(1))
	assert.Equal(t, Key("later-other"), Key("later").Form(0))
	assert.Equal(t, Key("later-other"), Key("later").Form(2))
	assert.Equal(t, "הודעה אחת של דנה", fmt.Sprintf("%.0sהודעה אחת של %s", "1", "דנה"), "a value may be left out")
}
