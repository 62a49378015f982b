package provision

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"directuschat/app/directus"
)

// A User is somebody to chat as, for development and tests. Operators make their users in Data Studio.
type User struct {
	Email     string
	Password  directus.Secret
	FirstName string
	LastName  string
}

// DemoUsers are the two people of a project for development.
var DemoUsers = []User{
	{Email: "alice@example.com", Password: "alice-chats", FirstName: "Alice", LastName: "Example"},
	{Email: "bob@example.com", Password: "bob-chats", FirstName: "Bob", LastName: "Example"},
}

// EnsureUser returns the id of the user with that e-mail address, who is made with the chat's role if there is none and
// otherwise left as is. Call it after Apply.
func EnsureUser(ctx context.Context, admin *Admin, u User) (id string, err error) {
	found, err := List[struct{ ID string }](ctx, admin.get, "users", url.Values{
		"fields": {"id"}, "filter[email][_eq]": {strings.ToLower(u.Email)}}) // Directus stores it so
	if err != nil {
		return "", fmt.Errorf("failed to look for %s: %w", u.Email, err)
	}
	if len(found) > 0 {
		return found[0].ID, nil
	}
	var made struct{ ID string }
	err = admin.call(ctx, "POST", "users", url.Values{"fields": {"id"}}, row{
		"email": u.Email, "password": string(u.Password), "first_name": u.FirstName, "last_name": u.LastName,
		"role": RoleID, "status": "active"}, &made)
	if err != nil {
		return "", fmt.Errorf("failed to make %s: %w", u.Email, err)
	}
	return made.ID, nil
}
