//go:build linux || darwin

package directuslab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// An APIError is a refusal by Directus's REST API.
type APIError struct {
	Status  int    // of the HTTP response
	Code    string // such as FORBIDDEN or RECORD_NOT_UNIQUE; empty if the answer was not Directus's
	Message string
}

func (e *APIError) Error() string {
	return fmt.Sprintf("Directus refused: %d %s %s", e.Status, e.Code, e.Message)
}

// Admin calls the REST API as the administrator. body is sent as JSON unless nil; out receives the answer's "data"
// unless nil. A refusal is an *APIError.
func (in *Instance) Admin(ctx context.Context, method, path string, body, out any) error {
	return in.call(ctx, in.AdminToken, method, path, body, out)
}

func (in *Instance) call(ctx context.Context, token, method, path string, body, out any) error {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	answer, err := do(ctx, method, in.URL+path, token, payload)
	if err == nil && out != nil {
		err = json.Unmarshal(answer, &struct {
			Data any `json:"data"`
		}{out})
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// Connections are not kept: they would not survive a restart, and tests look for goroutines that are left over.
var httpClient = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}

// do sends one request, with the token and the JSON payload unless empty, and returns the answer's body.
func do(ctx context.Context, method, url, token string, payload []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if len(payload) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := httpClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= 300 {
		return nil, refusal(res.StatusCode, answer)
	}
	return answer, nil
}

func refusal(status int, answer []byte) *APIError {
	var body struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if json.Unmarshal(answer, &body) != nil || len(body.Errors) == 0 {
		return &APIError{Status: status, Message: http.StatusText(status)}
	}
	first := body.Errors[0]
	return &APIError{Status: status, Code: first.Extensions.Code, Message: first.Message}
}

// A User is somebody who can log in.
type User struct {
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Email     string `json:"email"`
	Password  string `json:"password"`
	Role      string `json:"role,omitempty"` // a role's id; empty for no role
}

// EnsureUser returns the id of the user with that e-mail, who is created if there is none and otherwise left as is.
func (in *Instance) EnsureUser(ctx context.Context, u User) (id string, err error) {
	var created struct{ ID string }
	err = in.Admin(ctx, http.MethodPost, "/users?fields=id", u, &created)
	var refused *APIError
	if !errors.As(err, &refused) || refused.Code != "RECORD_NOT_UNIQUE" {
		return created.ID, err
	}
	// Directus compares e-mails without regard to case here and has no operator that does.
	var found []struct{ ID, Email string }
	query := url.Values{"fields": {"id,email"}, "filter[email][_icontains]": {u.Email}}
	if err := in.Admin(ctx, http.MethodGet, "/users?"+query.Encode(), nil, &found); err != nil {
		return "", err
	}
	for _, f := range found {
		if strings.EqualFold(f.Email, u.Email) {
			return f.ID, nil
		}
	}
	return "", fmt.Errorf("user %s exists, says Directus, but it does not find them", u.Email)
}
