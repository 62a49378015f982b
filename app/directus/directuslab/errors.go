//go:build linux || darwin

package directuslab

import (
	"errors"
	"fmt"
	"syscall"
)

// What can go wrong outside this package. The texts say what to do; what is wrapped around them names the version, the
// directory or the port.
var (
	ErrUnknownVersion = errors.New("choose one that has a lock file in directuslab/packages")
	ErrNoNPM          = errors.New("npm is not on the PATH: install Node.js 22 with npm (on Debian: apt-get install npm) and run this again")
	ErrNoNode         = errors.New("there is no Node.js 22 to run Directus with: install it with its headers and run this again")
	ErrNoCompiler     = errors.New("install them (on Debian: apt-get install g++ make python3) and run this again")
	ErrNoSpace        = errors.New("the disk is too full: free about 2 GB, or set " + cacheEnv + " to a directory on another disk, and run this again")
	ErrDownload       = errors.New("npm could not download the packages: check the network and npm's registry setting, and run this again")
	ErrInstall        = errors.New("the installation failed, read why in the log and run this again")
	ErrPortInUse      = errors.New("the port is in use: stop what listens there, or choose another (0 takes a free one)")
	ErrRunning        = errors.New("the instance is running already: stop it first, or use another name")
	ErrOtherVersion   = errors.New("use another name, or reset the instance, which forgets its data")
	ErrNotStarted     = errors.New("the start of Directus failed, the end of its log says why")
)

// explain puts what to do in front of an error of the operating system that has an answer among the above.
func explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w (%w)", ErrNoSpace, err)
	}
	return err
}
