// Package provision makes a Directus project ready for the chat: collections, rights, and the Flows that stand in for
// rights where Directus has none to sell.
//
// It owns what the chat needs of a project, and the order in which that may be made:
//
//	Connect   an administrator's access to a project, with a sentence for everything that may be wrong with it
//	Survey    what the project has already; one read of everything, no change
//	Plan      what is missing, as values: steps with a line to print and the calls to make
//	Preview   the plan, without doing it
//	Apply     all of it, names of people included
//	PlanUndo  what setup has made, from whichever machine, as steps that remove it; Undo does them
//
// Everything made here has a key known beforehand (a name, or a UUID derived from one), so a run that was cut off is
// finished by the next one, and a run with nothing to do makes no call that writes. What others made is never deleted and
// never narrowed. Nothing is open for a moment: whatever limits a right exists, and works, before the right is given.
// What people can then really do, is for app/doctor to try.
//
// Directus has permissions of two kinds (see Kind). Where they are everything or nothing, a Flow, the guard, decides what
// may be written. Flows are not enough, though: Directus switches all of them off for some milliseconds whenever any
// Flow is changed, and an operator may switch one off for good. So the collections that it guards are sealed: a field of
// theirs is valid only with a word that the guard adds to what it has let through. Without the guard nobody writes at all.
//
// The package runs natively only. It must not know the chat's state, its user interface or chatd's command line.
package provision

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	directuschat "directuschat"
)

// Keys of what setup makes, the same in every project. Renaming the policy in Data Studio, say, does no harm.
var (
	// PolicyID is the policy that makes a user of the project a user of the chat.
	PolicyID = key("policy")
	// RoleID is a role with that policy, for people who have no other role.
	RoleID = key("role")
	// ModeratorPolicyID is the policy that, beside the other one, lets somebody delete the messages of others. See ModeratorAction.
	ModeratorPolicyID = key("policy: moderator")
	// ModeratorRoleID is a role with both policies.
	ModeratorRoleID = key("role: moderator")

	namesID = key("flow: whose name may have changed")
	nameID  = key("flow: keep one name")
)

func key(name string) string {
	namespace := uuid.MustParse("5c2c45ad-8ffb-4d18-b4ef-6f1ee2d8b5b8")
	return uuid.NewSHA1(namespace, []byte(name)).String()
}

// Options say where the chat is to live, and what to provide beyond what every chat needs.
type Options struct {
	Mapping  directuschat.Mapping // the zero value is directuschat.DefaultMapping
	Complete bool                 // a collection that others made may get the fields, indexes and guard it lacks

	GrantUsers     []string // users of the project who may use the chat, by e-mail address or id
	GrantRoles     []string // roles whose users may, by name or id
	ModeratorUsers []string // users who may also delete what others wrote
	ModeratorRoles []string // roles whose users may

	RevokePublic bool // take away what everybody may do with the chat, without a log-in
}

// Apply makes what is missing for the chat and tells report of every step that is done. On an error the project is left
// as far as it was made, with nothing open that should not be; Apply may be called again.
func Apply(ctx context.Context, admin *Admin, options Options, report func(Step)) error {
	project, err := Survey(ctx, admin, options)
	if err != nil {
		return fmt.Errorf("failed to look at the project: %w", err)
	}
	steps, err := project.Plan()
	if err != nil {
		return err
	}
	if err := admin.run(ctx, steps, report); err != nil {
		return err
	}
	// Only now is it certain whose names belong to the chat, and that those who change theirs are noticed.
	steps, err = project.planNames(ctx, admin)
	if err != nil {
		return err
	}
	return admin.run(ctx, steps, report)
}

// Preview is what Apply would do now, and changes nothing. The names of people are not in it: who may chat is known only
// when the rest is done.
func Preview(ctx context.Context, admin *Admin, options Options) ([]Step, error) {
	project, err := Survey(ctx, admin, options)
	if err != nil {
		return nil, fmt.Errorf("failed to look at the project: %w", err)
	}
	return project.Plan()
}
