package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"directuschat/app/directus"
)

// Credentials are an administrator's: a token (static, or a fresh access token), or e-mail address and password.
type Credentials struct {
	Token    directus.Secret
	Email    string
	Password directus.Secret
	Code     func() (directus.Secret, error) // asked for the one-time code of an account that has one; nil if nobody can say
}

// An Admin is a Directus project together with the right to change it.
type Admin struct {
	Version string // of Directus, such as "12.4.0"

	client
	refresh directus.Secret
}

// Errors of Connect, each a sentence that says what to do.
var (
	ErrInsecure = errors.New("an administrator's credentials would travel unencrypted: use https, or run this on the machine where Directus is (http://127.0.0.1:8055)")
	ErrAddress  = errors.New("the address of Directus must look like https://directus.example.com or http://127.0.0.1:8055")
	ErrNotAdmin = errors.New("this account is not an administrator's: use one whose policy has admin access")
	ErrTooOld   = errors.New("the chat needs Directus 11 or newer, better 12.1: upgrade Directus first")
)

// Connect reaches the project and makes sure that it is one, recent enough, and that the credentials are an
// administrator's. Close ends what it began.
func Connect(ctx context.Context, api directus.API, c Credentials) (*Admin, error) {
	if err := checkAddress(api.URL); err != nil {
		return nil, err
	}
	a := &Admin{client: client{api: api, token: c.Token}}
	if c.Token == "" {
		grant, err := LogIn(ctx, api, c)
		if err != nil {
			return nil, err
		}
		a.token, a.refresh = grant.Access, grant.Refresh
	}
	if err := a.examine(ctx); err != nil {
		a.Close(ctx)
		return nil, explain(api.URL, err)
	}
	return a, nil
}

// Token is the administrator's, for requests that are not this package's business.
func (a *Admin) Token() directus.Secret { return a.token }

// Close revokes the session that Connect began, also when ctx has ended; a token given to it stays as it is.
func (a *Admin) Close(ctx context.Context) {
	if a.refresh == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = a.api.Logout(ctx, a.refresh) // if it fails, the session expires by itself
}

func (a *Admin) examine(ctx context.Context) error {
	var globals struct {
		Admin *bool `json:"admin_access"`
	}
	err := a.get(ctx, "policies/me/globals", nil, &globals)
	switch {
	case directus.IsCode(err, directus.CodeForbidden, codeNoRoute):
		return ErrTooOld // policies came with 11
	case err != nil:
		return err
	case globals.Admin == nil:
		return directus.ErrNotDirectus
	case !*globals.Admin:
		return ErrNotAdmin
	}
	var info struct{ Version string }
	err = a.get(ctx, "server/info", nil, &info)
	a.Version = info.Version
	return err
}

// LogIn exchanges an e-mail address and a password for a grant, and asks for the one-time code of an account that has one.
// A refusal is a sentence that says what to do.
func LogIn(ctx context.Context, api directus.API, c Credentials) (directus.Grant, error) {
	if err := checkAddress(api.URL); err != nil {
		return directus.Grant{}, err
	}
	grant, err := login(ctx, api, c)
	return grant, explain(api.URL, err)
}

func login(ctx context.Context, api directus.API, c Credentials) (directus.Grant, error) {
	try := func(code directus.Secret) (directus.Grant, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return api.Login(ctx, c.Email, c.Password, code)
	}
	grant, err := try("")
	if !directus.IsCode(err, directus.CodeInvalidOTP) || c.Code == nil {
		return grant, err
	}
	code, err := c.Code()
	if err != nil {
		return directus.Grant{}, err
	}
	return try(code)
}

// checkAddress accepts what credentials may be sent to: https anywhere, http on this machine.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return ErrAddress
	}
	switch u.Scheme {
	case "https":
		return nil
	case "http":
		ip, err := netip.ParseAddr(u.Hostname())
		if u.Hostname() == "localhost" || err == nil && ip.IsLoopback() {
			return nil
		}
		return ErrInsecure
	default:
		return ErrAddress
	}
}

// explain turns what a first contact ends with into a sentence that says what to do.
func explain(address string, err error) error {
	var refusal *directus.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == "":
		return fmt.Errorf("something in front of Directus at %s answers in its place: look at the proxy, and whether Directus is running (%w)", address, err)
	case errors.Is(err, directus.ErrUnreachable):
		return fmt.Errorf("no answer from Directus at %s: is it running, and is the address right? (%w)", address, err)
	case errors.Is(err, directus.ErrNotDirectus):
		return fmt.Errorf("what answers at %s is not Directus: give the address under which /server/ping says pong (%w)", address, err)
	case directus.IsCode(err, directus.CodeInvalidOTP):
		return errors.New("this account needs a one-time code and none, or a wrong one, was given: run this where it can ask for it, or use a token")
	case directus.IsCode(err, directus.CodeInvalidCredentials, directus.CodeInvalidToken, directus.CodeTokenExpired):
		return fmt.Errorf("the token or the password is not accepted: check it, and that the account is active, and try again (%w)", err)
	default:
		return err
	}
}

// timeout bounds one request. Directus takes seconds to change a large table.
const timeout = 2 * time.Minute

// codeNoRoute is Directus's word for a path that this version does not have.
const codeNoRoute = "ROUTE_NOT_FOUND"

// A client is a project as one of its users sees it.
type client struct {
	api   directus.API
	token directus.Secret
}

// get reads the "data" of an answer into out.
func (c client) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.call(ctx, "GET", path, query, nil, out)
}

// List reads all rows of a list, a page at a time: a project may have set a limit. get reads the "data" of one answer.
func List[T any](ctx context.Context, get func(ctx context.Context, path string, query url.Values, out any) error, path string, query url.Values) ([]T, error) {
	const page = 100
	var all []T
	for {
		paged := url.Values{"sort": {"id"}, "limit": {strconv.Itoa(page)}, "offset": {strconv.Itoa(len(all))}}
		for name, value := range query {
			paged[name] = value
		}
		var rows []T
		if err := get(ctx, path, paged, &rows); err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if len(rows) < page {
			return all, nil
		}
	}
}

// find reads one thing by its key and reports whether it exists.
func (c client) find(ctx context.Context, path string, out any) (bool, error) {
	err := c.get(ctx, path, nil, out)
	if directus.IsCode(err, directus.CodeForbidden, codeNoRoute) {
		return false, nil // Directus says "forbidden" to an administrator who asks for what is not there
	}
	return err == nil, err
}

func (c client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r := directus.Request{Method: method, Path: path, Query: query, Token: c.token}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		r.Body = body
	}
	resp, err := c.api.Call(ctx, r)
	if err != nil || out == nil {
		return err
	}
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(resp.Body, &answer) != nil || answer.Data == nil {
		return fmt.Errorf("%s %s: %w", method, path, directus.ErrNotDirectus)
	}
	return json.Unmarshal(answer.Data, out)
}
