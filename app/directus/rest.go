package directus

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mailru/easyjson/jlexer"
	"github.com/mailru/easyjson/jwriter"
)

// DefaultLimit is the largest answer that is read when a Request names none: a page of a hundred long messages with
// room to spare.
const DefaultLimit = 8 << 20

// A Request is one call of Directus's REST API.
type Request struct {
	Method string     // "GET" when empty
	Path   string     // below the base, without a leading slash: "items/messages"
	Query  url.Values // see Query.Values
	Body   []byte     // JSON
	Token  Secret     // access token; anonymous when empty
	Limit  int64      // largest answer in bytes, else ErrTooLarge; 0 is DefaultLimit
}

// A Response is the answer to a Request.
type Response struct {
	Status     int
	Date       time.Time     // by the server's clock, whole seconds, UTC; zero if it did not say
	RetryAfter time.Duration // 0 if the server did not say
	Body       []byte
}

// A Transport carries requests. It fails with the context's error, ErrTooLarge, or ErrUnreachable for everything that
// kept an answer from coming. NewTransport gives the platform's: fetch in a browser, net/http elsewhere.
type Transport interface {
	Do(ctx context.Context, url string, r Request) (Response, error)
}

// An API is the REST API of one Directus. Its methods are safe for concurrent use and wait only as long as ctx lets
// them.
type API struct {
	URL       string // base, http or https, with no slash at its end
	Transport Transport
	Now       func() time.Time // the wall clock; nil is time.Now
}

// SocketURL is where this Directus listens for WebSockets, unless it is told otherwise.
func (a API) SocketURL() string { return "ws" + strings.TrimPrefix(a.URL, "http") + "/websocket" }

// now is the time by the wall clock alone: the monotonic one stands still while a machine sleeps.
func (a API) now() time.Time {
	if a.Now == nil {
		return time.Now().Round(0)
	}
	return a.Now().Round(0)
}

// A Grant is what a log-in or a refresh gives.
type Grant struct {
	Access  Secret    // for REST and the socket, until Expires
	Refresh Secret    // for one refresh; it replaces every earlier one
	Expires time.Time // by this machine's wall clock: receipt plus the duration the server named
	Mark    string    // tells which refresh token it came with, without giving it away; see SessionConfig.Share
}

// Login exchanges e-mail and password, and the one-time code where the account has one, for a Grant. Refusals are
// *Error: CodeInvalidCredentials (also for a suspended user: Directus does not tell them apart here), CodeInvalidOTP
// (missing or wrong), CodeInvalidPayload (not an e-mail address), CodeRequestsExceeded, CodeLoginsExceeded.
func (a API) Login(ctx context.Context, email string, password, code Secret) (Grant, error) {
	var w jwriter.Writer
	w.RawString(`{"mode":"json","email":`)
	w.String(email)
	w.RawString(`,"password":`)
	w.String(string(password))
	if code != "" {
		w.RawString(`,"otp":`)
		w.String(string(code))
	}
	w.RawByte('}')
	return a.grant(ctx, "auth/login", &w)
}

// Refresh exchanges a refresh token for a new Grant. The old token is dead from then on, also when the answer is lost:
// never call it twice at a time with the same token (Tokens.Rotate is for that). Only a chatd that heals lost answers
// gives the same one twice; the hedge counts on that, and without it only on answers that do not overtake each other.
func (a API) Refresh(ctx context.Context, refresh Secret) (Grant, error) {
	return a.grant(ctx, refreshPath, tokenBody(refresh))
}

const refreshPath = "auth/refresh"

// Logout revokes a refresh token. Directus lets access tokens and open sockets live on until they expire: close and
// forget them.
func (a API) Logout(ctx context.Context, refresh Secret) error {
	body, err := tokenBody(refresh).BuildBytes()
	if err != nil {
		return err
	}
	_, err = a.Call(ctx, Request{Method: "POST", Path: "auth/logout", Body: body})
	return err
}

func tokenBody(refresh Secret) *jwriter.Writer {
	w := &jwriter.Writer{}
	w.RawString(`{"mode":"json","refresh_token":`)
	w.String(string(refresh))
	w.RawByte('}')
	return w
}

func (a API) grant(ctx context.Context, path string, w *jwriter.Writer) (Grant, error) {
	body, err := w.BuildBytes()
	if err != nil {
		return Grant{}, err
	}
	r, err := a.Call(ctx, Request{Method: "POST", Path: path, Body: body})
	if err != nil {
		return Grant{}, err
	}
	return decodeGrant(r.Body, a.now())
}

// Call makes any other request. An answer outside 2xx is an *Error; where the answer is not shaped as Directus's
// errors are, it is ErrNotDirectus, but for the statuses that a proxy gives for a Directus in trouble (429, 5xx).
func (a API) Call(ctx context.Context, r Request) (Response, error) {
	if r.Method == "" {
		r.Method = "GET"
	}
	if r.Limit == 0 {
		r.Limit = DefaultLimit
	}
	if strings.Contains("/"+r.Path+"/", "//") {
		return Response{}, fmt.Errorf("%s %q: %w", r.Method, r.Path, ErrEmptyID)
	}
	target := a.URL + "/" + r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	resp, err := a.Transport.Do(ctx, target, r)
	if err == nil {
		err = resp.err()
	}
	if err != nil {
		return resp, fmt.Errorf("%s %s: %w", r.Method, r.Path, err)
	}
	return resp, nil
}

// err is the refusal that the response stands for, nil for 2xx.
func (r Response) err() error {
	if r.Status >= 200 && r.Status < 300 {
		return nil
	}
	e := &Error{Status: r.Status, RetryAfter: r.RetryAfter}
	e.Code, e.Message = decodeErrors(r.Body)
	if e.Code == "" && e.Status != 429 && e.Status < 500 {
		return fmt.Errorf("%w (status %d)", ErrNotDirectus, r.Status)
	}
	return e
}

// newResponse reads the headers that matter; both transports end here.
func newResponse(status int, date, retryAfter string, body []byte, now time.Time) Response {
	r := Response{Status: status, Body: body}
	r.Date, _ = parseHTTPDate(date)
	if seconds, err := strconv.ParseUint(retryAfter, 10, 31); err == nil {
		r.RetryAfter = time.Duration(seconds) * time.Second
	} else if at, err := parseHTTPDate(retryAfter); err == nil {
		r.RetryAfter = max(0, at.Sub(now))
	}
	return r
}

// months, each with its number behind it.
const months = "Jan01Feb02Mar03Apr04May05Jun06Jul07Aug08Sep09Oct10Nov11Dec12"

var errNoDate = errors.New("no date of HTTP")

// parseHTTPDate is http.ParseTime for the one form that servers send, "Sun, 06 Nov 1994 08:49:37 GMT": net/http does not fit
// into the browser's program. time.Parse knows every form, and RFC 3339 by a shortcut. The long way is so much code that
// the engine, which compiles anew what runs often, takes a processor from every log-in for it.
func parseHTTPDate(s string) (time.Time, error) {
	if len(s) != len("Sun, 06 Nov 1994 08:49:37 GMT") || !strings.HasSuffix(s, " GMT") {
		return time.Time{}, errNoDate
	}
	_, month, _ := strings.Cut(months, s[8:11])
	return time.Parse(time.RFC3339, s[12:16]+"-"+month[:min(2, len(month))]+"-"+s[5:7]+"T"+s[17:25]+"Z")
}

// unreachable wraps what a transport reports; the context's own end stays what it is.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, ctx.Err())
	}
	if errors.Is(err, ErrTooLarge) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// decodeGrant reads {"data":{"expires":900000,"refresh_token":"…","access_token":"…"}}. The expiry counts from now by
// the local wall clock, not from the token's own claim: the clocks differ. It has no monotonic part, which stands still
// while a machine sleeps.
func decodeGrant(body []byte, now time.Time) (Grant, error) {
	var g Grant
	l := jlexer.Lexer{Data: body}
	member(&l, "data", func() {
		ReadObject(&l, func(key string) {
			switch key {
			case "access_token":
				g.Access = Secret(ReadText(&l))
			case "refresh_token":
				g.Refresh = Secret(ReadText(&l))
			case "expires":
				if ms, err := strconv.ParseInt(ReadText(&l), 10, 63); err == nil {
					g.Expires = now.Add(time.Duration(ms) * time.Millisecond)
				}
			default:
				l.SkipRecursive()
			}
		})
	})
	if l.Error() != nil || g.Access == "" || g.Refresh == "" || g.Expires.IsZero() {
		return Grant{}, ErrNotDirectus
	}
	g.Mark = markOf(g.Refresh)
	return g, nil
}

// decodeErrors reads the first of {"errors":[{"message":"…","extensions":{"code":"…"}}]}; code is "" when the body is
// anything else.
func decodeErrors(body []byte) (code, message string) {
	l := jlexer.Lexer{Data: body}
	member(&l, "errors", func() {
		ReadArray(&l, func() {
			if code != "" {
				l.SkipRecursive()
				return
			}
			ReadObject(&l, func(key string) {
				switch key {
				case "message":
					message = ReadText(&l)
				case "extensions":
					member(&l, "code", func() { code = ReadText(&l) })
				default:
					l.SkipRecursive()
				}
			})
		})
	})
	if l.Error() != nil {
		return "", ""
	}
	return code, message
}
