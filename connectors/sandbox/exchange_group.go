package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// maxMembersAtOnce is how many members New-DistributionGroup and Update-DistributionGroupMember take.
const maxMembersAtOnce = 10_000

func (t *Tenant) listColumns(r *recipient) []column {
	join, depart := "Closed", "Open"
	if r.Kind == securityGroup {
		depart = "Closed"
	}
	kind := "Universal"
	if r.Kind == securityGroup {
		kind = "Universal, SecurityEnabled"
	}
	o := t.objectOf(r)
	return append(append(t.base(r), t.delivery(r)...),
		column{"GroupType", kind}, column{"ManagedBy", t.namesOfIDs(r.references("ManagedBy"))},
		column{"MemberJoinRestriction", r.settingOr("MemberJoinRestriction", join)}, column{"MemberDepartRestriction", r.settingOr("MemberDepartRestriction", depart)},
		column{"Description", firstOrEmpty(o.text("description"))}, column{"Notes", r.setting("Notes")}, column{"HiddenGroupMembershipEnabled", r.truth("HiddenGroupMembershipEnabled")},
		column{"ReportToManagerEnabled", r.truth("ReportToManagerEnabled")}, column{"ReportToOriginatorEnabled", r.truthOr("ReportToOriginatorEnabled", true)},
		column{"SendOofMessageToOriginatorEnabled", r.truth("SendOofMessageToOriginatorEnabled")})
}

func firstOrEmpty(s string) []string {
	if s == "" {
		return []string{}
	}
	return []string{s}
}

func (t *Tenant) getList(c *invocation) ([]line, error) {
	keep := isListKind
	if c.has("ManagedBy") {
		owner, err := t.find(c.text("ManagedBy"), anyRecipient)
		if err != nil {
			return nil, err
		}
		keep = func(r *recipient) bool { return r.isList() && slices.Contains(r.references("ManagedBy"), owner.ID) }
	}
	return t.pick(c, keep, t.listColumns)
}

// newList makes a distribution group, a mail-enabled security group or a room list.
func (t *Tenant) newList(c *invocation) ([]line, error) {
	kind := distributionGroup
	switch {
	case c.text("Type") == "Security" && c.truth("RoomList"):
		return nil, cmdletError("RecipientTaskException", "", "A room list can't be a security group.")
	case c.text("Type") == "Security":
		kind = securityGroup
		if c.text("MemberJoinRestriction") == "Open" || c.text("MemberDepartRestriction") == "Open" {
			return nil, cmdletError("RecipientTaskException", "", "Security groups can't have an open join or depart restriction. Use Closed or ApprovalRequired.")
		}
	case c.truth("RoomList"):
		kind = roomList
	}
	alias, err := t.aliasOf(c)
	if err != nil {
		return nil, err
	}
	o, err := t.listObject(c, alias, kind)
	if err != nil {
		return nil, err
	}
	members, err := t.membersOf(c.texts("Members").whole, kind)
	if err != nil {
		return nil, err
	}
	owners, err := t.ids(c.texts("ManagedBy").whole, func(r *recipient) bool { return r.isMailbox() || r.isMailUser() || r.Kind == securityGroup })
	if err != nil {
		return nil, err
	}
	if c.truth("CopyOwnerToMember") {
		members = append(members, owners...)
	}
	r, err := t.make(c, o, kind)
	if err != nil {
		return nil, err
	}
	if err := t.applyNew(c, r); err != nil {
		return nil, err
	}
	for _, name := range []string{"MemberJoinRestriction", "MemberDepartRestriction", "Notes"} {
		if c.text(name) != "" {
			r.Settings[name] = c.text(name)
		}
	}
	if c.truth("HiddenGroupMembershipEnabled") {
		r.Settings["HiddenGroupMembershipEnabled"] = true
	}
	t.setOwners(r, owners)
	t.enrol(r, members)
	return []line{{r.ID, t.listColumns(r)}}, nil
}

func (t *Tenant) listObject(c *invocation, alias, kind string) (*object, error) {
	primary := c.text("PrimarySmtpAddress")
	if primary == "" {
		primary = alias + "@" + t.defaultDomain()
	}
	if !validAddress(primary) {
		return nil, refusedAddress(primary)
	}
	if !t.usable(primary) {
		return nil, notAccepted()
	}
	o := &object{schema: t.groups}
	display := c.text("DisplayName")
	if display == "" {
		display = c.text("Name")
	}
	o.setText("displayName", display)
	o.setText("mailNickname", alias)
	o.setTruth("mailEnabled", true)
	o.setTruth("securityEnabled", kind == securityGroup)
	if d := c.texts("Description").whole; len(d) > 0 {
		o.setText("description", d[0])
	}
	ch := &change{t: t, c: c, o: o, r: &recipient{Kind: kind}}
	ch.store([]string{"SMTP:" + primary, "smtp:" + alias + "@" + t.initialDomain()}, primary)
	return o, nil
}

// membersOf resolves members: recipients, no Microsoft 365 groups, and in a room list rooms and room lists.
func (t *Tenant) membersOf(identities []string, kind string) ([]string, error) {
	if len(identities) > maxMembersAtOnce {
		return nil, cmdletError("RecipientTaskException", "", "The number of members can't be more than %d.", maxMembersAtOnce)
	}
	var out []string
	for _, s := range identities {
		r, err := t.memberNamed(s, kind)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, r.ID) {
			out = append(out, r.ID)
		}
	}
	return out, nil
}

func (t *Tenant) memberNamed(identity, kind string) (*recipient, error) {
	r, err := t.find(identity, anyRecipient)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Kind == groupMailbox:
		return nil, cmdletError("RecipientTaskException", "", "You can't add the group '%s' because a Microsoft 365 group can't be a member of a distribution group.", r.Name)
	case kind == roomList && !r.isResource() && r.Kind != roomList:
		return nil, cmdletError("RecipientTaskException", "", "You can't add '%s' to a room list: only room mailboxes and room lists can be its members.", r.Name)
	}
	return r, nil
}

// enrol links members on both sides.
func (t *Tenant) enrol(r *recipient, ids []string) {
	var add links
	for _, id := range ids {
		if o := t.index.byID[id]; o != nil && id != r.ID {
			add.members = append(add.members, o)
		}
	}
	t.join(t.index.byID[r.ID], add)
	t.index.touched[r.ID] = true
}

// setOwners writes ManagedBy; the users among them are the owners that Graph shows.
func (t *Tenant) setOwners(r *recipient, ids []string) {
	if len(ids) == 0 {
		delete(r.Settings, "ManagedBy")
	} else {
		r.Settings["ManagedBy"] = ids
	}
	g := t.index.byID[r.ID]
	for _, o := range slices.Clone(g.owners) {
		g.owners, _ = unlink(g.owners, o)
		o.ownerOf, _ = unlink(o.ownerOf, g)
	}
	var add links
	for _, id := range ids {
		if o := t.index.byID[id]; o != nil && o.isUser() {
			add.owners = append(add.owners, o)
		}
	}
	t.join(g, add)
}

// listNamed finds a group that the caller may change: on-premises must not master it, and who does not own it must pass
// the check of its managers.
func (t *Tenant) listNamed(c *invocation, parameter string) (*recipient, error) {
	r, err := t.find(c.text("Identity"), isListKind)
	if err != nil {
		return nil, err
	}
	switch {
	case t.synchronised(r):
		return nil, outOfScope(c.name, parameter, r)
	case !c.truth("BypassSecurityGroupManagerCheck"):
		return nil, cmdletError("OperationRequiresGroupManagerException", "Ex1B7C2F", "You don't have sufficient permissions. This operation can only be performed by a manager of the group.")
	}
	return r, nil
}

func (t *Tenant) setList(c *invocation) ([]line, error) {
	parameter := "Identity"
	for _, p := range c.cmdlet.parameters {
		if c.has(p.name) && p.name != "Identity" && p.name != "BypassSecurityGroupManagerCheck" && p.name != "Confirm" {
			parameter = p.name
			break
		}
	}
	r, err := t.listNamed(c, parameter)
	if err != nil {
		return nil, err
	}
	ch := t.change(c, r)
	if err := ch.setCommon(); err != nil {
		return nil, err
	}
	if err := ch.setListSettings(); err != nil {
		return nil, err
	}
	owners := ch.r.references("ManagedBy")
	if c.has("ManagedBy") {
		l, err := t.resolved(c.texts("ManagedBy"), func(r *recipient) bool { return r.isMailbox() || r.isMailUser() || r.Kind == securityGroup })
		if err != nil {
			return nil, err
		}
		owners = l.apply(owners, sameText)
		ch.setList("ManagedBy", owners)
	}
	if err := ch.commit(); err != nil {
		return nil, err
	}
	if c.has("ManagedBy") {
		t.setOwners(r, owners)
	}
	return nil, nil
}

// setListSettings applies what only groups have.
func (ch *change) setListSettings() error {
	c := ch.c
	for _, name := range []string{"MemberJoinRestriction", "MemberDepartRestriction"} {
		if c.text(name) == "Open" && ch.r.Kind == securityGroup {
			return cmdletError("RecipientTaskException", "", "Security groups can't have an open join or depart restriction. Use Closed or ApprovalRequired.")
		}
		ch.setText(name)
	}
	for _, name := range []string{"ReportToManagerEnabled", "ReportToOriginatorEnabled", "SendOofMessageToOriginatorEnabled"} {
		ch.setTruth(name)
	}
	if c.has("Description") {
		ch.o.setText("description", firstOr(c.texts("Description").whole))
	}
	if c.truth("RoomList") && ch.r.Kind != roomList {
		if ch.r.Kind == securityGroup {
			return cmdletError("RecipientTaskException", "", "A room list can't be a security group.")
		}
		for _, m := range ch.present.members {
			if r := ch.t.exchange.live[m.id]; r == nil || !r.isResource() && r.Kind != roomList {
				return cmdletError("RecipientTaskException", "", "The group '%s' can't be a room list because it has members that aren't rooms.", ch.r.Name)
			}
		}
		ch.r.Kind = roomList
	}
	return nil
}

func firstOr(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// removeList removes a group for good.
func (t *Tenant) removeList(c *invocation) ([]line, error) {
	r, err := t.listNamed(c, "Identity")
	if err != nil {
		return nil, err
	}
	t.erase(t.index.byID[r.ID])
	return nil, nil
}

func (t *Tenant) getListMembers(c *invocation) ([]line, error) {
	g, err := t.find(c.text("Identity"), isListKind)
	if err != nil {
		return nil, err
	}
	var out []line
	for _, m := range t.index.byID[g.ID].members {
		if r := t.exchange.live[m.id]; r != nil && m.live() && !r.pending() {
			out = append(out, line{r.ID, append(t.base(r), t.personColumns(r)...)})
		}
	}
	return out, nil
}

func (t *Tenant) addListMember(c *invocation) ([]line, error) {
	g, err := t.listNamed(c, "Members")
	if err != nil {
		return nil, err
	}
	if !c.has("Member") {
		return nil, missingParameters("Member")
	}
	r, err := t.memberNamed(c.text("Member"), g.Kind)
	if err != nil {
		return nil, err
	}
	if _, there := find(t.index.byID[g.ID].members, r.ID); there {
		return nil, cmdletError("MemberAlreadyExistsException", "Ex3C9A6F", "The recipient \"%s\" is already a member of the group \"%s\".", r.Name, g.Name)
	}
	if r == g {
		return nil, cmdletError("RecipientTaskException", "", "The group '%s' can't be a member of itself.", g.Name)
	}
	t.enrol(g, []string{r.ID})
	return nil, nil
}

func (t *Tenant) removeListMember(c *invocation) ([]line, error) {
	g, err := t.listNamed(c, "Members")
	if err != nil {
		return nil, err
	}
	r, err := t.find(c.text("Member"), anyRecipient)
	if err != nil {
		return nil, err
	}
	if !t.leave(t.index.byID[g.ID], t.index.byID[r.ID]) {
		return nil, &exchangeError{status: http.StatusNotFound, code: "NotFound", id: "Ex94914C", exception: "MemberNotFoundException",
			text: fmt.Sprintf("The recipient \"%s\" isn't a member of the group \"%s\".", r.Name, g.Name)}
	}
	return nil, nil
}

// updateListMembers replaces the whole list of members.
func (t *Tenant) updateListMembers(c *invocation) ([]line, error) {
	g, err := t.listNamed(c, "Members")
	if err != nil {
		return nil, err
	}
	if !c.has("Members") {
		return nil, missingParameters("Members")
	}
	o := t.index.byID[g.ID]
	var before []string
	for _, m := range o.members {
		before = append(before, m.id)
	}
	l := c.texts("Members")
	resolved := listChange{replace: l.replace}
	if resolved.whole, err = t.membersOf(l.whole, g.Kind); err != nil {
		return nil, err
	}
	if resolved.add, err = t.membersOf(l.add, g.Kind); err != nil {
		return nil, err
	}
	if resolved.remove, err = t.membersOf(l.remove, g.Kind); err != nil {
		return nil, err
	}
	after := resolved.apply(before, sameText)
	for _, id := range before {
		if !slices.Contains(after, id) {
			t.leave(o, t.index.byID[id])
		}
	}
	t.enrol(g, after)
	return nil, nil
}

func (t *Tenant) getUnified(c *invocation) ([]line, error) {
	return t.pick(c, isUnifiedKind, func(r *recipient) []column {
		o := t.objectOf(r)
		var owners []string
		for _, m := range o.owners {
			owners = append(owners, m.id)
		}
		access := "Public"
		if o.text("visibility") == "Private" {
			access = "Private"
		}
		return append(append(t.base(r), t.delivery(r)...), column{"AccessType", access}, column{"ManagedBy", t.namesOfIDs(owners)},
			column{"GroupMemberCount", len(o.members)}, column{"Notes", o.text("description")})
	})
}

// setUnified changes the mail settings of a Microsoft 365 group.
func (t *Tenant) setUnified(c *invocation) ([]line, error) {
	r, err := t.find(c.text("Identity"), isUnifiedKind)
	if err != nil {
		return nil, err
	}
	ch := t.change(c, r)
	if err := ch.setCommon(); err != nil {
		return nil, err
	}
	return nil, ch.commit()
}
