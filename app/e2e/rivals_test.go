package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus/directustest"
	"directuschat/app/npm"
	"directuschat/web/wasm"
)

// A rival is a small chat of the same looks, which the benchmark compares ours with.
type rival struct {
	name string
	path string
	form bool // the page has the log-in form in it, as ours; else the program draws it
}

var rivals = []rival{{"Preact", "/preact/", false}, {"plain", "/plain/", true}}

// An arena is chatd in front of a Directus in this process, and the rivals beside it: all of them at one origin, served
// in the same way, with the same Directus behind the same proxy.
type arena struct {
	URL      string
	directus *directustest.Server
	files    map[string][]byte // of the rivals, by path, brotli
	page     http.Header       // chatd's of its page
	asset    http.Header       // chatd's of what the page loads
}

func newArena(tb testing.TB) *arena {
	tb.Helper()
	a := &arena{files: map[string][]byte{}}
	var users []directustest.User
	for _, who := range []account{alice, bob} {
		users = append(users, directustest.User{Email: who.Email, Password: who.Password, FirstName: who.First, LastName: who.Last})
	}
	a.directus = directustest.New(directustest.Config{
		Users:       users,
		Collections: []directustest.Collection{directustest.Guarded, directustest.Reactions, directustest.Profiles},
	})
	tb.Cleanup(a.directus.Close)
	for _, who := range []account{alice, bob} {
		a.directus.Insert(directustest.Profiles.Name, map[string]any{"id": a.directus.UserID(who.Email), "name": who.First + " " + who.Last})
	}
	upstream := httptest.NewServer(a.directus)
	tb.Cleanup(upstream.Close)
	// Everybody is one address here, and in a hurry.
	chatd := serve(tb, upstream.URL, []string{"-title", "Staff room", "-lang", "en", "-request-rate", "0", "-socket-rate", "0"})
	rivals := httptest.NewServer(http.HandlerFunc(a.serveRival))
	tb.Cleanup(rivals.Close)
	front := httptest.NewServer(a.handler(chatd, rivals.Listener.Addr().String()))
	tb.Cleanup(front.Close)
	a.URL = front.URL
	require.NoError(tb, a.addRivals())
	return a
}

// handler passes everything on, to chatd or to who serves the rivals: the way is as long to either.
func (a *arena) handler(chatd, rivals string) http.Handler {
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		host := chatd
		if a.files[r.In.URL.Path] != nil {
			host = rivals
		}
		r.SetURL(&url.URL{Scheme: "http", Host: host})
		r.Out.Host = r.In.Host // which chatd compares with where a socket comes from
	}}
}

// serveRival answers with chatd's headers. What they make a browser do before it paints, it has to do for all: for a page
// that is to share nothing with other windows (Cross-Origin-Opener-Policy), it takes another process.
func (a *arena) serveRival(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if extension := path.Ext(r.URL.Path); extension == "" {
		maps.Copy(h, a.page)
	} else {
		maps.Copy(h, a.asset)
		h.Set("Content-Type", mime.TypeByExtension(extension))
	}
	h.Set("Content-Encoding", "br")
	w.Write(a.files[r.URL.Path])
}

// get reads what chatd serves, and its headers without those of the one answer.
func (a *arena) get(path string) (text string, headers http.Header, err error) {
	response, err := http.Get(a.URL + path)
	if err != nil {
		return "", nil, err
	}
	defer response.Body.Close()
	for _, name := range []string{"Content-Length", "Date", "Etag"} {
		response.Header.Del(name)
	}
	body, err := io.ReadAll(response.Body)
	return string(body), response.Header, err
}

var (
	ownScripts = regexp.MustCompile(`<script[^>]*></script>\n?|<link rel="(manifest|expect)"[^>]*>\n?`)
	body       = regexp.MustCompile(`(?s)<body>.*</body>`)
	ownProgram = regexp.MustCompile(`[^"]*\.wasm`)
	style      = regexp.MustCompile(`<link rel="stylesheet" href="([^"]*)"`)
)

// addRivals makes the rivals' pages of ours, with their modules in the place of our scripts.
func (a *arena) addRivals() error {
	ours, headers, err := a.get("/")
	if err != nil {
		return err
	}
	a.page = headers
	if _, a.asset, err = a.get(style.FindStringSubmatch(ours)[1]); err != nil {
		return err
	}
	bare := ownScripts.ReplaceAllString(ours, "") // and nothing that holds up the first painting
	if strings.Contains(bare, "blocking=") {
		return errors.New("the rivals' pages wait for what they do not need")
	}
	library, err := npm.Read("preact", "preact/dist/preact.mjs")
	if err != nil {
		return err
	}
	for _, r := range rivals {
		modules := map[string]string{}
		main := strings.Trim(r.path, "/") + ".js"
		for _, name := range []string{main, "directus.js"} {
			text, err := os.ReadFile(filepath.Join("rivals", name))
			if err != nil {
				return err
			}
			modules[name] = string(text)
		}
		page := bare
		if !r.form {
			modules["preact.mjs"] = library
			page = body.ReplaceAllString(page, "<body></body>")
		}
		head := fmt.Sprintf("<script type=\"module\" src=\"%s\"></script>\n", main)
		for _, name := range slices.Sorted(maps.Keys(modules)) {
			head += fmt.Sprintf("<link rel=\"modulepreload\" href=\"%s\">\n", name)
			a.files[r.path+name] = compress(modules[name])
		}
		a.files[r.path] = compress(strings.Replace(page, "</head>", head+"</head>", 1))
	}
	return nil
}

// A program takes the place of ours in our page, and shows what a start costs that has nothing to do.
type program struct{ name, path string }

var programs = []program{{"heading", "/heading/"}, {"line", "/line/"}}

// addPrograms compiles them, as ours is.
func (a *arena) addPrograms() error {
	page, _, err := a.get("/")
	if err != nil {
		return err
	}
	for _, p := range programs {
		built, err := wasm.Build("./rivals/"+p.name, "-s -w")
		if err != nil {
			return err
		}
		file := p.path + p.name + ".wasm"
		a.files[file] = compress(string(built))
		a.files[p.path] = compress(ownProgram.ReplaceAllString(page, file))
	}
	return nil
}

func compress(text string) []byte {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestCompression)
	w.Write([]byte(text))
	w.Close()
	return out.Bytes()
}

// fill stores messages as a room has them: written in turns, a minute apart, the last one just now.
func (a *arena) fill(n int) (last string) {
	for i := range n {
		last = fmt.Sprintf("%d of what was said before this", i)
		a.said(last, i, time.Now().Add(time.Duration(i-n)*time.Minute))
	}
	return last
}

// said stores the i-th of some messages, which people write in turns, and returns its key.
func (a *arena) said(text string, i int, at time.Time) string {
	return a.directus.Insert("messages", map[string]any{
		"content":      text,
		"user_created": a.directus.UserID([]account{alice, bob}[i/3%2].Email),
		"date_created": at.UTC().Format("2006-01-02T15:04:05.000Z"),
	})
}

// TestRivals: the pages that ours is compared with work, and can talk with it.
func TestRivals(t *testing.T) {
	for _, r := range rivals {
		t.Run(r.name, func(t *testing.T) {
			arena := newArena(t)
			last := arena.fill(120)
			a, b := newPerson(t), newPerson(t)
			for p, path := range map[*person]string{a: r.path, b: "/"} {
				p.visit(arena.URL + path)
				p.logIn(map[*person]account{a: alice, b: bob}[p])
				p.awaitConnection("live")
				p.awaitMessage(last, "stored")
			}
			assert.Equal(t, "Bob Example", a.author(last))
			assert.Equal(t, "100", eval[string](a, `document.querySelector("[aria-label=Messages]").dataset.count`))

			a.say("Hello Bob")
			a.awaitMessage("Hello Bob", "stored")
			b.awaitMessage("Hello Bob", "stored")
			b.say("Hello Alice")
			a.awaitMessage("Hello Alice", "stored")
			assert.Empty(t, eval[string](a, `document.activeElement.value`), "the field is cleared")

			a.reload()
			a.awaitConnection("live")
			a.awaitMessage("Hello Alice", "stored")
			a.requireNoTroubles()
		})
	}
}
