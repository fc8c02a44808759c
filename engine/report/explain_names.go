package report

import (
	"strings"

	"github.com/coexistsync/coexist/engine/desired"
)

// names writes what the cloud makes of the names that the directory holds: as Entra Connect's service would, and as a
// direct write would.
func (p *page) names(n desired.Outlook) {
	p.head("What Microsoft 365 makes of its names")
	p.prediction("synchronised by Entra Connect", n.Synced)
	p.prediction("written directly", n.Direct)
}

func (p *page) prediction(title string, x desired.Prediction) {
	p.line(plain, "  "+title)
	var rows [][]string
	for _, r := range [][]string{{"userPrincipalName", x.UPN}, {"mailNickname", x.Nickname}, {"mail", x.Mail}, {"proxyAddresses", strings.Join(x.Proxies, ", ")}} {
		if r[1] != "" {
			rows = append(rows, []string{r[0], Safe(r[1])})
		}
	}
	p.table(4, rows)
	for _, s := range x.Notes {
		p.flow(faint, "    ", Safe(s), 6)
	}
	for _, s := range x.Refused {
		p.flow(yellow, "    ", "refused: "+Safe(s), 6)
	}
	for _, c := range x.Conflicts {
		p.flow(yellow, "    ", Safe(c.Property)+" "+Safe(c.Value)+" belongs to "+Safe(c.Holder), 6)
	}
}
