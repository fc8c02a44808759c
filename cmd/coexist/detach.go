package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/engine/report"
)

// detachWait is how long a run that was detached may take until it shows in the store.
const detachWait = time.Minute

// detach starts the same sync as a process of its own, which neither the end of this one nor that of its console ends, and
// prints the id of its run. What it says goes to a file beside the store. A run that cannot begin, because another one holds
// the lease or everything is halted, ends this command with its exit code.
func (s *session) detach(x *cli.Context, json bool) error {
	id := newRun(s.now())
	log, err := s.runLog(id)
	if err != nil {
		return err
	}
	defer log.Close()
	child, err := detachedSync(x, id, log)
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	limit := time.NewTimer(detachWait)
	defer limit.Stop()
	for {
		if began, err := s.followed(x.Context, id); err != nil || began {
			return errors.Join(err, s.tellDetached(id, child.Process.Pid, json))
		}
		select {
		case err := <-ended:
			if began, looked := s.followed(x.Context, id); looked == nil && began {
				return s.tellDetached(id, child.Process.Pid, json)
			}
			return s.didNotBegin(log, err)
		case <-limit.C:
			return fmt.Errorf("the run did not begin within %s; it goes on trying as process %d, and says why in %s", detachWait, child.Process.Pid, log.Name())
		case <-x.Context.Done():
			return x.Context.Err()
		case <-look.C:
		}
	}
}

// runLog makes the file for what a run in the background says.
func (s *session) runLog(id string) (*os.File, error) {
	dir := s.cfg.Store + ".runs"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start in the background: %w", err)
	}
	return os.OpenFile(filepath.Join(dir, id+".log"), os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o600)
}

// detachedSync gives the process that goes on: the same command line without --detach.
func detachedSync(x *cli.Context, id string, log *os.File) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start in the background: %w", err)
	}
	args := []string{"sync", "--run=" + id, "--" + configFlag.Name + "=" + x.String(configFlag.Name), "--" + outputFlag.Name + "=" + x.String(outputFlag.Name),
		"--out=" + x.String("out")}
	for _, name := range []string{objectsFlag.Name, untilFlag.Name} {
		if v := x.String(name); v != "" {
			args = append(args, "--"+name+"="+v)
		}
	}
	for _, name := range []string{ouFlag.Name, objectFlag.Name} {
		for _, v := range x.StringSlice(name) {
			args = append(args, "--"+name+"="+v)
		}
	}
	if x.Bool(fullFlag.Name) {
		args = append(args, "--"+fullFlag.Name)
	}
	child := exec.Command(self, args...)
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = apart()
	return child, nil
}

// tellDetached prints the id of a run in the background.
func (s *session) tellDetached(id string, pid int, json bool) error {
	if json {
		return writeJSON(s.console, "coexist.detached", "run", map[string]any{"id": id, "pid": pid, "state": "running"})
	}
	if _, err := fmt.Fprintln(s.out, id); err != nil {
		return err
	}
	s.say("the run goes on in the background; follow it with coexist runs wait %s", id)
	return nil
}

// ended is the exit code of the process that was to go on.
type ended struct{ code int }

func (e *ended) Error() string {
	return fmt.Sprintf("the run ended with exit code %d before it began", e.code)
}

// didNotBegin passes on what the process said and how it ended.
func (s *session) didNotBegin(log *os.File, err error) error {
	if _, failed := log.Seek(0, io.SeekStart); failed == nil {
		b, _ := io.ReadAll(io.LimitReader(log, 64<<10)) // as much as can be read
		for _, l := range messages(errors.New(string(b))) {
			if l != "" {
				s.say("  %s", report.Safe(l))
			}
		}
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &ended{exit.ExitCode()}
	}
	return errors.Join(errors.New("the run in the background ended before it began"), err)
}
