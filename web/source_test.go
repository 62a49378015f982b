package web_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"directuschat"
	"directuschat/app/texts"
	"directuschat/web"
)

// sourceSite renders the real templates, as if the real assets had been built.
func sourceSite(t *testing.T, settings web.Settings) *web.Site {
	t.Helper()
	sources := os.DirFS(".")
	index := web.Index{Version: "v1", Assets: map[string]web.Asset{
		"app.wasm": {File: "app.0.wasm"},
	}}
	scripts, err := web.Scripts(sources, nil)
	require.NoError(t, err)
	for name := range scripts {
		index.Assets[name] = web.Asset{File: strings.TrimSuffix(name, ".js") + ".0.js", Integrity: "sha256-of-" + name}
	}
	for _, pattern := range []string{"css/*.css", "icons/*", "emoji/*.txt"} {
		found, err := fs.Glob(sources, pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		for _, file := range found {
			name := path.Base(file)
			ext := path.Ext(name)
			index.Assets[name] = web.Asset{File: strings.TrimSuffix(name, ext) + ".0" + ext, Integrity: "sha256-of-" + name}
		}
	}
	text, err := json.Marshal(index)
	require.NoError(t, err)
	files := fstest.MapFS{web.IndexFile: {Data: text}}
	for _, name := range []string{web.PageTemplate, web.WorkerTemplate, web.ManifestTemplate} {
		text, err := fs.ReadFile(sources, name)
		require.NoError(t, err)
		files[name] = &fstest.MapFile{Data: text}
	}
	return render(t, files, settings)
}

type element struct {
	tag        string
	attributes map[string]string
	text       string
}

func elements(t *testing.T, page []byte) []element {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	require.NoError(t, err)
	var all []element
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		e := element{tag: node.Data, attributes: map[string]string{}}
		for _, attribute := range node.Attr {
			e.attributes[attribute.Key] = attribute.Val
		}
		if node.FirstChild != nil && node.FirstChild.Type == html.TextNode {
			e.text = node.FirstChild.Data
		}
		all = append(all, e)
	}
	return all
}

func TestPageCarriesTheConfiguration(t *testing.T) {
	mappings := map[string]directuschat.Mapping{
		"default": directuschat.DefaultMapping,
		"other":   {Collection: "c", ID: "i", Content: "t", Author: "a", Created: "d", Updated: "u", Deleted: "x", ReplyTo: "r", Profiles: "p", Reactions: "q"},
		"least":   {Collection: "c", ID: "i", Content: "t", Author: "a", Created: "d"},
	}
	for name, mapping := range mappings {
		t.Run(name, func(t *testing.T) {
			site := sourceSite(t, web.Settings{Title: `Lunch & "more" <x>`, Base: "/sub/", Mapping: mapping})
			all := elements(t, site.Localized["en"].Page)
			require.Equal(t, "html", all[0].tag)
			get := func(attribute string) string { return all[0].attributes[attribute] }

			assert.Equal(t, mapping, directuschat.ReadMapping(get))
			assert.Equal(t, "loading", get("data-app"))
			assert.Equal(t, "/sub/", get("data-base"))
			assert.Equal(t, "/sub/directus", get("data-directus"))
			assert.Equal(t, "4000", get("data-max-length"))
			assert.Regexp(t, `^[0-9a-f]{16}$`, get("data-version"))
			assert.Equal(t, "en", get("lang"))
			assert.Equal(t, "ltr", get("dir"))
			for _, e := range all {
				if e.tag == "title" {
					assert.Equal(t, `Lunch & "more" <x>`, e.text)
				}
			}
		})
	}
}

// TestPageSpeaksEveryLanguage: all that can be read, or heard, in the page is in its language.
func TestPageSpeaksEveryLanguage(t *testing.T) {
	for _, l := range texts.Languages() {
		said := map[string]bool{"": true, "TITLE": true}
		for _, words := range l.Texts {
			said[words] = true
		}
		site := sourceSite(t, web.Settings{Title: "TITLE", Base: "/", Mapping: directuschat.DefaultMapping})
		all := elements(t, site.Localized[l.Tag].Page)
		assert.Equal(t, l.Tag, all[0].attributes["lang"])
		assert.Equal(t, l.Dir, all[0].attributes["dir"])
		for _, e := range all {
			if e.tag == "noscript" { // parsed as text
				assert.Contains(t, e.text, l.Texts["no-script"])
				continue
			}
			assert.True(t, said[strings.TrimSpace(e.text)], "%s: <%s> says %q", l.Tag, e.tag, e.text)
			for _, name := range []string{"title", "aria-label", "placeholder", "alt", "aria-description", "aria-roledescription", "label"} {
				assert.True(t, said[e.attributes[name]], "%s: <%s %s=%q>", l.Tag, e.tag, name, e.attributes[name])
			}
		}
		var manifest struct{ Lang, Dir string }
		require.NoError(t, json.Unmarshal(site.Localized[l.Tag].Manifest, &manifest))
		assert.Equal(t, l.Tag+" "+l.Dir, manifest.Lang+" "+manifest.Dir)
	}
}

// The policy blocks what is not from a file of ours; and no form may be able to put a password into a URL.
func TestPageFitsItsPolicy(t *testing.T) {
	site := sourceSite(t, web.Settings{Title: "Chat", Base: "/sub/", Mapping: directuschat.DefaultMapping})
	forms, programs := 0, 0
	for _, e := range elements(t, site.Localized["en"].Page) {
		for name, value := range e.attributes {
			assert.False(t, strings.HasPrefix(name, "on"), "<%s %s>: handlers belong into scripts", e.tag, name)
			assert.NotEqual(t, "style", name, "<%s style>: looks belong into the style sheet", e.tag)
			if (name == "src" || name == "href") && value != "" && value != "#login" { // which is in the page
				assert.True(t, strings.HasPrefix(value, "/sub/"), "<%s %s=%q> is not below the base", e.tag, name, value)
			}
		}
		switch e.tag {
		case "script":
			assert.NotEmpty(t, e.attributes["src"], "an inline script")
			assert.NotEmpty(t, e.attributes["integrity"], e.attributes["src"])
			if program := e.attributes["data-program"]; program != "" {
				assert.Equal(t, "/sub/assets/app.0.wasm", program)
				programs++
			}
		case "style", "base", "iframe", "object", "embed":
			t.Errorf("there is a <%s>", e.tag)
		case "link":
			if e.attributes["rel"] == "stylesheet" {
				assert.NotEmpty(t, e.attributes["integrity"])
			}
		case "form":
			forms++
			assert.Equal(t, "post", e.attributes["method"])
			assert.NotContains(t, e.attributes, "action")
		case "input", "textarea", "button", "select":
			assert.NotContains(t, e.attributes, "name", "its value would be sent")
			assert.NotContains(t, e.attributes, "formaction")
		}
	}
	assert.Equal(t, 2, forms)
	assert.Equal(t, 1, programs)
}

// TestStyleKnowsNoSides: what stands at the left in one language stands at the right in another.
func TestStyleKnowsNoSides(t *testing.T) {
	css, err := os.ReadFile("css/app.css")
	require.NoError(t, err)
	sided := regexp.MustCompile(`(?:^|[\s;{])(?:(?:margin|padding|border|inset|scroll-[a-z]+)-)?(?:left|right)[a-z-]*:|: *(?:left|right)\b|border-(?:top|bottom)-(?:left|right)`)
	assert.Empty(t, sided.FindAllString(string(css), -1))
	for _, bad := range []string{"margin-left: 0", "{ left: 0", "text-align: right", "float:left", "border-top-left-radius: 0", "border-right-color: red"} {
		assert.True(t, sided.MatchString(" "+bad), bad)
	}
	// Of four values the second and the fourth are the sides.
	four := regexp.MustCompile(`(?:padding|margin|inset): ([^;()]+);`)
	for _, found := range four.FindAllStringSubmatch(string(css), -1) {
		if sides := strings.Fields(found[1]); len(sides) == 4 {
			assert.Equal(t, sides[1], sides[3], found[0])
		}
	}
}

func TestManifestMakesTheSiteInstallable(t *testing.T) {
	site := sourceSite(t, web.Settings{Title: `Lunch & "more"`, Base: "/sub/", Mapping: directuschat.DefaultMapping})
	var manifest struct {
		Name, ID, Scope, Display string
		StartURL                 string `json:"start_url"`
		Icons                    []struct{ Src, Sizes, Purpose string }
	}
	require.NoError(t, json.Unmarshal(site.Localized["en"].Manifest, &manifest))
	assert.Equal(t, `Lunch & "more"`, manifest.Name)
	assert.Equal(t, "/sub/", manifest.ID)
	assert.Equal(t, "/sub/", manifest.Scope)
	assert.Equal(t, "/sub/", manifest.StartURL)
	assert.Equal(t, "standalone", manifest.Display)
	sizes := map[string]bool{}
	for _, icon := range manifest.Icons {
		assert.True(t, strings.HasPrefix(icon.Src, "/sub/assets/"), icon.Src)
		sizes[strings.TrimSpace(icon.Sizes+" "+icon.Purpose)] = true
	}
	for _, want := range []string{"192x192", "512x512", "512x512 maskable"} {
		assert.Contains(t, sizes, want)
	}
}

func TestWorkerKnowsItsFiles(t *testing.T) {
	site := sourceSite(t, web.Settings{Title: "Chat", Base: "/sub/", Mapping: directuschat.DefaultMapping})
	for _, want := range []string{`"/sub/"`, `"/sub/manifest.webmanifest"`, `"/sub/assets/app.0.wasm"`, `"/sub/assets/boot.0.js"`, `"/sub/assets/icon-192.0.png"`} {
		assert.Contains(t, string(site.Worker), want)
	}
	assert.NotContains(t, string(site.Worker), "{{")
}

// Ensure that a worker at / stands in front of its own pages only, and that two chats of one origin clear their own caches only.
func TestWorkersOfOneOriginAreApart(t *testing.T) {
	line := func(worker, start string) string {
		for text := range strings.Lines(worker) {
			if value, ok := strings.CutPrefix(text, start); ok {
				return strings.TrimRight(value, ");\n")
			}
		}
		require.FailNow(t, "the worker has no line "+start)
		return ""
	}
	prefixes := []string{}
	own := []string{"", "m/1", "m/0190c7a0-0000-7000-8000-000000000000"}
	not := []string{"m", "m/", "m/1/2", "mm/1", "directus/assets/1", "worker.js", "team/", "team/m/1", "admin"}
	for _, base := range []string{"/", "/a.b/", "/a.b/c-d/"} {
		worker := string(sourceSite(t, web.Settings{Title: "Chat", Base: base, Mapping: directuschat.DefaultMapping}).Worker)
		var expression, at string
		require.NoError(t, json.Unmarshal([]byte(line(worker, "const routes = new RegExp(")), &expression))
		require.NoError(t, json.Unmarshal([]byte(line(worker, "const base = ")), &at))
		routes, err := regexp.Compile(expression)
		require.NoError(t, err)
		for _, path := range own {
			assert.True(t, routes.MatchString(base+path), base+path)
			assert.False(t, routes.MatchString("/axb/"+path), "/axb/"+path)
		}
		for _, path := range not {
			assert.False(t, routes.MatchString(base+path), base+path)
		}

		prefix := strings.Replace(line(worker, "const prefix = "), "${base}", at, 1)
		prefixes = append(prefixes, strings.Trim(prefix, "`"))
	}
	for i, one := range prefixes {
		for j, two := range prefixes {
			assert.Equal(t, i == j, strings.HasPrefix(one, two), "%q and %q", one, two)
		}
	}
}
