package directus

import (
	"context"
	"strconv"
	"strings"

	"github.com/mailru/easyjson/jlexer"
)

// A Server is what of GET server/info matters here. Directus tells it to whoever is logged in.
type Server struct {
	Version string // "12.4.0"; "" when not told
	Mute    bool   // its REST-style WebSocket is off
}

// ReadServer asks for it, by a call of somebody who is logged in.
func ReadServer(ctx context.Context, call func(context.Context, Request) (Response, error)) (Server, error) {
	resp, err := call(ctx, Request{Path: "server/info"})
	if err != nil {
		return Server{}, err
	}
	return decodeServer(resp.Body)
}

// decodeServer reads {"data":{"version":"12.4.0","websocket":{"rest":{…},"heartbeat":30}}}. With WebSockets off, or one
// kind of them, the member is false. Silence on the matter is no answer: connecting will show.
func decodeServer(body []byte) (Server, error) {
	var server Server
	l := jlexer.Lexer{Data: body}
	member(&l, "data", func() {
		ReadObject(&l, func(key string) {
			switch key {
			case "version":
				server.Version = ReadText(&l)
			case "websocket":
				server.Mute = !l.IsDelim('{')
				member(&l, "rest", func() { server.Mute = !l.IsDelim('{'); l.SkipRecursive() })
			default:
				l.SkipRecursive()
			}
		})
	})
	if l.Error() != nil {
		return Server{}, ErrNotDirectus
	}
	return server, nil
}

// namesRequests reports whether the errors of this server name the request they belong to.
func (s Server) namesRequests() bool { return VersionSince(s.Version, 12, 4) }

// VersionSince reports whether a version of Directus, as /server/info tells it, is major.minor or later. One that cannot
// be read is not.
func VersionSince(version string, major, minor int) bool {
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	a, errMajor := strconv.Atoi(first)
	b, errMinor := strconv.Atoi(second)
	return errMajor == nil && errMinor == nil && (a > major || a == major && b >= minor)
}
