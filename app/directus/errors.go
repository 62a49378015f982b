package directus

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Outcomes that callers decide by. They arrive wrapped: use errors.Is.
var (
	// ErrUnreachable: no answer came back. The request may still have been carried out.
	ErrUnreachable = errors.New("the server cannot be reached")
	// ErrNotDirectus: something answered, but not as Directus does (a web page, JSON of another shape).
	ErrNotDirectus = errors.New("the answer is not from Directus; check the address")
	// ErrTooLarge: the answer, or one frame, is over the limit and was not read to its end.
	ErrTooLarge = errors.New("the answer is larger than the limit")
	// ErrOverflow: frames arrived faster than they were read, and some are lost.
	ErrOverflow = errors.New("more frames waiting than the limit")
	// ErrClosed: the connection has ended.
	ErrClosed = errors.New("the connection is closed")
	// ErrEmptyID: a path with an empty segment. Directus would apply an update without a key to a hundred rows.
	ErrEmptyID = errors.New("the path has an empty part")

	// ErrSessionEnded: the refresh token is gone or was definitely refused. Only the password helps.
	ErrSessionEnded = errors.New("the session has ended; log in again")
	// ErrAmbiguous: a write was sent and no usable answer came. It may be stored now, later, or never.
	ErrAmbiguous = errors.New("no answer to a write")
	// ErrRealtimeDisabled: Directus answers, with WebSockets switched off.
	ErrRealtimeDisabled = errors.New("realtime is disabled in Directus; set WEBSOCKETS_ENABLED=true")
)

// The codes of Directus that code here or in callers decides by.
const (
	CodeInvalidCredentials = "INVALID_CREDENTIALS"
	CodeInvalidOTP         = "INVALID_OTP"
	CodeUserSuspended      = "USER_SUSPENDED"
	CodeTokenExpired       = "TOKEN_EXPIRED"
	CodeInvalidToken       = "INVALID_TOKEN"
	CodeForbidden          = "FORBIDDEN"
	CodeInvalidCollection  = "INVALID_COLLECTION"
	CodeInvalidPayload     = "INVALID_PAYLOAD"
	CodeInvalidQuery       = "INVALID_QUERY"
	CodeFailedValidation   = "FAILED_VALIDATION"
	CodeRecordNotUnique    = "RECORD_NOT_UNIQUE"
	CodeRequestsExceeded   = "REQUESTS_EXCEEDED"
	CodeLoginsExceeded     = "LOGIN_ATTEMPTS_EXCEEDED" // chatd's own: the account is closed to addresses it was not logged in from
	CodeInternal           = "INTERNAL_SERVER_ERROR"
	CodeUnavailable        = "SERVICE_UNAVAILABLE"
	CodeAuthFailed         = "AUTH_FAILED"
	CodeAuthTimeout        = "AUTH_TIMEOUT"
)

// An Error is a refusal in the server's own words.
type Error struct {
	Status     int    // of the HTTP answer; 0 when it came over the socket
	Code       string // "" when something in front of Directus answered (a proxy's 502, a rate limit's 429)
	Message    string
	RetryAfter time.Duration // 0 when the server did not say
}

func (e *Error) Error() string {
	switch {
	case e.Code == "":
		return fmt.Sprintf("the server answered with status %d", e.Status)
	case e.Message == "":
		return e.Code
	default:
		return e.Code + ": " + e.Message
	}
}

// IsCode reports whether err is a refusal with one of the codes.
func IsCode(err error, codes ...string) bool {
	var e *Error
	return errors.As(err, &e) && slices.Contains(codes, e.Code)
}

// refusesToken reports whether err is Directus's own, final word on a refresh token. Nothing else may end a session:
// network errors, 5xx, 429, time-outs and pages of a proxy all pass.
func refusesToken(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == 401 || e.Status == 403) &&
		IsCode(err, CodeInvalidCredentials, CodeTokenExpired, CodeInvalidToken, CodeUserSuspended)
}

// refusesAccess reports whether err is about the access token of a request, so that a fresh one may do.
func refusesAccess(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == 401 || e.Status == 403) && IsCode(err, CodeTokenExpired, CodeInvalidToken, CodeInvalidCredentials)
}
