package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/coexistsync/coexist/directory/cloud"
)

// column is one property in the rows and parameters of cmdlets.
type column struct {
	property  string
	field     string // of a row
	parameter string // of the facet's Set-cmdlet; "" where the property is written otherwise
	read      func(Row) (cloud.Value, error)
	write     func(cloud.Value) (any, error)
	names     bool // the row holds names, which are resolved to ids
}

// columns lists every property by the facet that writes it. Those of the recipient are the same for all types; which type
// has which is the business of cloud.Property.On.
var columns = map[cloud.Facet][]column{
	cloud.FacetRecipient: append([]column{
		text("displayName", "DisplayName"),
		text("mailNickname", "Alias"),
		text("alias", "Alias"),
		{property: "description", field: "Description", parameter: "Description", read: readLines("Description"), write: writeText},
		{property: "primaryAddress", field: "PrimarySmtpAddress", read: readAddress("PrimarySmtpAddress")},
		{property: "addresses", field: "EmailAddresses", read: readAddresses},
		{property: "externalAddress", field: "ExternalEmailAddress", parameter: "ExternalEmailAddress", read: readAddress("ExternalEmailAddress"), write: writeText},
		truth("hidden", "HiddenFromAddressListsEnabled"),
		{property: "mailTip", field: "MailTip", parameter: "MailTip", read: readTip, write: writeText},
		{property: "richText", field: "UseMapiRichTextFormat", parameter: "UseMapiRichTextFormat", read: readRichText, write: writeRichText},
		{property: "exchangeGuid", field: "ExchangeGuid", parameter: "ExchangeGuid", read: readGUID("ExchangeGuid"), write: writeText},
		truth("litigationHold", "LitigationHoldEnabled"),
		{property: "litigationHoldDays", field: "LitigationHoldDuration", parameter: "LitigationHoldDuration", read: readDays("LitigationHoldDuration"), write: writeLimit("")},
		text("retentionPolicy", "RetentionPolicy"),
		size("quotaWarnMB", "IssueWarningQuota"),
		size("quotaSendMB", "ProhibitSendQuota"),
		size("quotaSendReceiveMB", "ProhibitSendReceiveQuota"),
		size("maxSendMB", "MaxSendSize"),
		size("maxReceiveMB", "MaxReceiveSize"),
		references("forwardTo", "ForwardingAddress"),
		{property: "forwardAddress", field: "ForwardingSmtpAddress", parameter: "ForwardingSmtpAddress", read: readAddress("ForwardingSmtpAddress"), write: writeText},
		truth("forwardKeepCopy", "DeliverToMailboxAndForward"),
		truth("moderated", "ModerationEnabled"),
		truth("requireSenderAuth", "RequireSenderAuthenticationEnabled"),
		references("sendOnBehalf", "GrantSendOnBehalfTo"),
		references("moderators", "ModeratedBy"),
		references("acceptFrom", "AcceptMessagesOnlyFromSendersOrMembers"),
		references("rejectFrom", "RejectMessagesFromSendersOrMembers"),
		references("owners", "ManagedBy"),
		number("capacity", "ResourceCapacity"),
	}, customColumns()...),
	cloud.FacetPerson: {
		text("givenName", "FirstName"),
		text("surname", "LastName"),
		text("jobTitle", "Title"),
		text("department", "Department"),
		text("companyName", "Company"),
		text("officeLocation", "Office"),
		text("streetAddress", "StreetAddress"),
		text("city", "City"),
		text("state", "StateOrProvince"),
		text("postalCode", "PostalCode"),
		text("country", "CountryOrRegion"),
		{property: "businessPhones", field: "Phone", parameter: "Phone", read: readList("Phone"), write: writeFirst},
		text("mobilePhone", "MobilePhone"),
		text("faxNumber", "Fax"),
		references("manager", "Manager"),
	},
	cloud.FacetArchive: {
		{property: "archive", field: "ArchiveStatus", read: readArchive},
		{property: "autoExpandingArchive", field: "AutoExpandingArchiveEnabled", read: readTruth("AutoExpandingArchiveEnabled")},
	},
	cloud.FacetProtocols: {
		truth("pop", "PopEnabled"),
		truth("imap", "ImapEnabled"),
		truth("mapi", "MAPIEnabled"),
		truth("owa", "OWAEnabled"),
		truth("activeSync", "ActiveSyncEnabled"),
		{property: "smtpAuth", field: "SmtpClientAuthenticationDisabled", parameter: "SmtpClientAuthenticationDisabled", read: readOpposite("SmtpClientAuthenticationDisabled"), write: writeOpposite},
	},
	cloud.FacetBooking: {
		{property: "autoAccept", field: "AutomateProcessing", parameter: "AutomateProcessing", read: readAutoAccept, write: writeAutoAccept},
		truth("allowConflicts", "AllowConflicts"),
		number("bookingWindowDays", "BookingWindowInDays"),
		number("maxDurationMinutes", "MaximumDurationInMinutes"),
		references("bookingDelegates", "ResourceDelegates"),
	},
}

func customColumns() []column {
	out := make([]column, 15)
	for i := range out {
		n := strconv.Itoa(i + 1)
		out[i] = text("extensionAttribute"+n, "CustomAttribute"+n)
	}
	return out
}

// columnOf finds a property in a facet.
func columnOf(f cloud.Facet, property string) (column, bool) {
	i := slices.IndexFunc(columns[f], func(c column) bool { return c.property == property })
	if i < 0 {
		return column{}, false
	}
	return columns[f][i], true
}

func text(property, field string) column {
	return column{property: property, field: field, parameter: field, write: writeText,
		read: func(r Row) (cloud.Value, error) { return cloud.Text(strings.TrimSpace(r.text(field))), nil }}
}

func truth(property, field string) column {
	return column{property: property, field: field, parameter: field, read: readTruth(field), write: writeTruth}
}

func number(property, field string) column {
	return column{property: property, field: field, parameter: field, write: writeNumber, read: func(r Row) (cloud.Value, error) {
		s := r.text(field)
		if s == "" {
			return cloud.Value{}, nil
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return cloud.Value{}, fmt.Errorf("%s: %q is not a number", field, printable(s))
		}
		return cloud.Number(n), nil
	}}
}

func size(property, field string) column {
	return column{property: property, field: field, parameter: field, write: writeLimit("MB"), read: func(r Row) (cloud.Value, error) {
		return limit(field, r.text(field), megabytes)
	}}
}

// references is a column of names; its value is made once the names are resolved.
func references(property, field string) column {
	return column{property: property, field: field, parameter: field, names: true}
}

// limit reads what may be Unlimited, which is 0; an absent value is nothing.
func limit(field, s string, parse func(string) (int64, bool, error)) (cloud.Value, error) {
	if s == "" {
		return cloud.Value{}, nil
	}
	n, _, err := parse(s)
	if err != nil {
		return cloud.Value{}, fmt.Errorf("%s: %w", field, err)
	}
	return cloud.Number(n), nil
}

func readDays(field string) func(Row) (cloud.Value, error) {
	return func(r Row) (cloud.Value, error) { return limit(field, r.text(field), days) }
}

// readTruth reads a truth; one that Exchange does not tell is false.
func readTruth(field string) func(Row) (cloud.Value, error) {
	return func(r Row) (cloud.Value, error) {
		b, _ := r.truth(field)
		return cloud.Truth(b), nil
	}
}

// readOpposite reads a truth that stands the other way round; nothing where the organisation's setting counts.
func readOpposite(field string) func(Row) (cloud.Value, error) {
	return func(r Row) (cloud.Value, error) {
		b, ok := r.truth(field)
		if !ok {
			return cloud.Value{}, nil
		}
		return cloud.Truth(!b), nil
	}
}

func readAddress(field string) func(Row) (cloud.Value, error) {
	return func(r Row) (cloud.Value, error) { return cloud.Text(address(r.text(field))), nil }
}

func readGUID(field string) func(Row) (cloud.Value, error) {
	return func(r Row) (cloud.Value, error) { return cloud.Text(r.guid(field)), nil }
}

func readList(field string) func(Row) (cloud.Value, error) {
	return func(r Row) (cloud.Value, error) { return cloud.Texts(r.list(field)), nil }
}

func readLines(field string) func(Row) (cloud.Value, error) {
	return func(r Row) (cloud.Value, error) { return cloud.Text(strings.Join(r.list(field), "\r\n")), nil }
}

// readAddresses gives all addresses but the primary one, which alone has its prefix in capitals.
func readAddresses(r Row) (cloud.Value, error) {
	var out []string
	for _, s := range r.list("EmailAddresses") {
		if !strings.HasPrefix(s, "SMTP:") {
			out = append(out, s)
		}
	}
	return cloud.Texts(out), nil
}

func readTip(r Row) (cloud.Value, error) { return cloud.Text(plainTip(r.text("MailTip"))), nil }

func readArchive(r Row) (cloud.Value, error) {
	return cloud.Truth(strings.EqualFold(r.text("ArchiveStatus"), "Active")), nil
}

func readAutoAccept(r Row) (cloud.Value, error) {
	return cloud.Truth(strings.EqualFold(r.text("AutomateProcessing"), "AutoAccept")), nil
}

// richText are Exchange's words for the values of the property.
var richText = [][2]string{{"always", "Always"}, {"never", "Never"}, {"default", "UseDefaultSettings"}}

func readRichText(r Row) (cloud.Value, error) {
	for _, w := range richText {
		if strings.EqualFold(r.text("UseMapiRichTextFormat"), w[1]) {
			return cloud.Text(w[0]), nil
		}
	}
	return cloud.Value{}, nil
}

func writeRichText(v cloud.Value) (any, error) {
	if v.IsNothing() {
		return "UseDefaultSettings", nil
	}
	for _, w := range richText {
		if v.Text() == w[0] {
			return w[1], nil
		}
	}
	return nil, fmt.Errorf("%q is none of always, never and default", v.Text())
}

func writeAutoAccept(v cloud.Value) (any, error) {
	if v.Truth() {
		return "AutoAccept", nil
	}
	return "AutoUpdate", nil
}

// writeText clears what has no value.
func writeText(v cloud.Value) (any, error) {
	if v.IsNothing() {
		return nil, nil
	}
	return v.Text(), nil
}

func writeFirst(v cloud.Value) (any, error) {
	switch list := v.Texts(); len(list) {
	case 0:
		return nil, nil
	case 1:
		return list[0], nil
	default:
		return nil, fmt.Errorf("%d values, and Exchange Online takes one", len(list))
	}
}

func writeTruth(v cloud.Value) (any, error)    { return v.Truth(), nil }
func writeOpposite(v cloud.Value) (any, error) { return !v.Truth(), nil }

func writeNumber(v cloud.Value) (any, error) {
	if v.IsNothing() {
		return nil, nil
	}
	return v.Number(), nil
}

// writeLimit writes a number with its unit; 0 and nothing are Unlimited.
func writeLimit(unit string) func(cloud.Value) (any, error) {
	return func(v cloud.Value) (any, error) {
		switch n := v.Number(); {
		case n < 0:
			return nil, fmt.Errorf("%d is less than nothing", n)
		case n == 0:
			return unlimited, nil
		default:
			return strconv.FormatInt(n, 10) + unit, nil
		}
	}
}
