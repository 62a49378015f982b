package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
	"directuschat/app/texts"
)

// constants are the string constants of a type, as declared in a source file.
func constants(t *testing.T, file, typeName string) (values []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if named, ok := spec.Type.(*ast.Ident); !ok || named.Name != typeName {
			return true
		}
		for _, value := range spec.Values {
			s, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			require.NoError(t, err)
			values = append(values, s)
		}
		return true
	})
	require.NotEmpty(t, values)
	return values
}

// emojiGroups are the keys of the groups that the picker shows.
func emojiGroups(t *testing.T) (keys []string) {
	t.Helper()
	list, err := os.ReadFile("../../web/emoji/emoji.en.txt")
	require.NoError(t, err)
	for _, group := range parseEmoji(string(list)) {
		keys = append(keys, group.key)
	}
	require.NotEmpty(t, keys)
	return keys
}

// TestEveryTextIsThere: and nothing is there that nobody asks for.
func TestEveryTextIsThere(t *testing.T) {
	asked := map[text]bool{}
	for _, key := range constants(t, "texts.go", "text") {
		asked[text(key)] = true
	}
	for _, key := range constants(t, "texts.go", "plural") {
		asked[text(key).Form(1)], asked[text(key).Form(2)] = true, true
	}
	for _, reason := range constants(t, "../chat/event.go", "GapReason") {
		asked[gapText(chat.GapReason(reason))] = true
	}
	for _, stage := range []string{"saving", "queued", "marking", "sending", "unclear", "looking", "failed"} {
		asked[stageText(stage)] = true // chat.OutboxLine
	}
	for _, code := range constants(t, "../chat/problem.go", "ProblemCode") {
		asked[problemText(chat.ProblemCode(code))] = true
	}
	for connection := chat.ConnectionSignedOut; connection <= chat.ConnectionOffline; connection++ {
		asked[statusText(connection)] = true
	}
	for _, group := range emojiGroups(t) {
		asked[emojiText(group)] = true
	}
	page, err := os.ReadFile("../../web/page.html")
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`\{\{text "([^"]*)"\}\}`).FindAllStringSubmatch(string(page), -1) {
		asked[text(found[1])] = true
	}
	english := texts.For("en").Texts
	for key := range asked {
		assert.NotEmpty(t, english[key], "the text %q is missing", key)
	}
	for key := range english {
		assert.True(t, asked[key], "nobody uses the text %q", key)
	}
}

func TestSentence(t *testing.T) {
	assert.Empty(t, sentence(chat.Problem{}))
	assert.Equal(t, "The server refused it. The server says: “\u2068no\u2069”", sentence(chat.Problem{Code: chat.ProblemRefused, Detail: "no"}))
	assert.Equal(t, "Something went wrong.", sentence(chat.Problem{Code: "of a newer program"}))
	for _, code := range constants(t, "../chat/problem.go", "ProblemCode") {
		s := sentence(chat.Problem{Code: chat.ProblemCode(code)})
		assert.True(t, strings.HasSuffix(s, "."), "%q is no sentence", s)
	}
}
