package doctor

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"directuschat/app/directus"
)

// knownSecrets are those of the examples that people copy: Directus's documentation, then and now, what others write in
// their place, and none at all.
var knownSecrets = []string{
	"replace-with-random-value", "replace-with-secure-random-value", "255d861b-5ea1-5996-9aa3-922530ec40b1", "6116487b-cda1-52c2-b5b5-c8022c45e263",
	"secret", "directus", "changeme", "",
}

// secretKnown tries whether an access token is signed with a secret that everybody can read.
func secretKnown(_ context.Context, x *exam) (*Finding, error) {
	known := false
	for _, token := range []directus.Secret{x.user.token, x.operator.token} {
		for _, secret := range knownSecrets {
			known = known || signedWith(token, secret)
		}
	}
	if !known {
		return nil, nil
	}
	return &Finding{
		What:  "Directus signs its tokens with a SECRET that stands in examples everybody can read",
		Means: "anybody can make tokens of their own, and with them do everything as everybody, administrators too",
		Fix:   "set SECRET of Directus to what openssl rand -base64 48 prints, and restart Directus; Data Studio asks for the password again, the chat does not",
	}, nil
}

// signedWith reports whether a token is a JWT signed with a secret by HS256. A static token is none.
func signedWith(token directus.Secret, secret string) bool {
	end := strings.LastIndex(string(token), ".")
	if end < 0 {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(string(token[end+1:]))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token[:end]))
	return err == nil && hmac.Equal(signature, mac.Sum(nil))
}
