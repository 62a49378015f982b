package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// How often Directus is asked how its project presents itself: while it has not answered, and afterwards.
const (
	brandRetry   = 10 * time.Second
	brandRefresh = 5 * time.Minute
	brandTimeout = 2 * time.Second // also what the start waits for
)

// maxLogo is the largest logo that is passed on, in bytes.
const maxLogo = 256 << 10

// A brand is how a Directus project presents itself, as far as the page takes it over. What else an administrator may
// set there (custom_css, public_note) is never applied.
type brand struct {
	name  string
	color string // "#rrggbb", or ""
	logo  image
}

// untouched is what a project says of itself that nobody has given a name or a colour.
var untouched = brand{name: "Directus", color: "#6644ff"}

// An image is the content of a logo, and its type.
type image struct{ content, contentType string }

var hexColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// logoTypes are the images that a browser shows and that cannot do anything: those in SVG have no scripts in an img
// element, and are sent with a policy that allows none either.
var logoTypes = map[string]string{
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/avif": ".avif", "image/svg+xml": ".svg",
}

// readBrand asks Directus, as everybody may.
func readBrand(ctx context.Context, upstream *url.URL) (brand, error) {
	ctx, cancel := context.WithTimeout(ctx, brandTimeout)
	defer cancel()
	answer, err := getUpstream(ctx, upstream.JoinPath("server", "info"), 1<<20)
	if err != nil {
		return brand{}, err
	}
	var info struct {
		Data struct {
			Project struct {
				Name  string `json:"project_name"`
				Color string `json:"project_color"`
				Logo  string `json:"project_logo"`
			}
		}
	}
	if err := json.Unmarshal([]byte(answer.content), &info); err != nil {
		return brand{}, upstreamError("its server/info is not JSON")
	}
	project := info.Data.Project
	b := brand{name: strings.TrimSpace(project.Name), color: strings.ToLower(project.Color)}
	if b.name == untouched.name {
		b.name = ""
	}
	if b.color == untouched.color || !hexColor.MatchString(b.color) {
		b.color = ""
	}
	if project.Logo != "" {
		logo, err := getUpstream(ctx, upstream.JoinPath("assets", project.Logo), maxLogo)
		if err == nil && logoTypes[logo.contentType] != "" {
			b.logo = logo
		}
	}
	return b, nil
}

func getUpstream(ctx context.Context, from *url.URL, limit int64) (image, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return image{}, err
	}
	request.Close = true // no connection stays open for this
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return image{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return image{}, err
	case answer.StatusCode != http.StatusOK:
		return image{}, upstreamError(fmt.Sprintf("status %d", answer.StatusCode))
	case int64(len(body)) > limit:
		return image{}, upstreamError("more than is taken")
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")) // none is none of the known ones
	return image{string(body), kind}, nil
}

// followBrand shows the project's name, colour and logo, now and when they change, until ctx ends. It calls first when it
// knows them or has waited long enough.
func (s *site) followBrand(ctx context.Context, upstream *url.URL, log *slog.Logger, first func()) {
	shown := brand{}
	for {
		wait := brandRefresh
		b, err := readBrand(ctx, upstream)
		switch {
		case err != nil: // whether Directus is there, readiness tells
			wait = brandRetry
		case b != shown:
			if err := s.show(b); err != nil {
				log.Error("the page cannot show the project's name, colour and logo", "error", err)
			}
			shown = b
		}
		first()
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}
