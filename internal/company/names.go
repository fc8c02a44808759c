package company

import "strings"

// language holds the names that are usual where it is spoken. Family names of two languages never meet, so that a full
// name is one person's.
type language struct {
	tag    string // preferredLanguage
	weight int    // of 20 people, how many speak it
	given  []string
	family []string
	sites  []int // where they work
}

var languages = []language{
	{"de-DE", 9, []string{"Anna", "Björn", "Claudia", "Dieter", "Elke", "Fabian", "Günther", "Heike", "Jürgen", "Käthe", "Lukas", "Märta", "Oskar", "Petra", "Rüdiger", "Zoë"},
		[]string{"Müller", "Schäfer", "Weiß", "Köhler", "Bauer", "Huber", "Zürcher", "Brändli", "Groß", "Vogel", "Jäger", "Lindt", "Strauß", "Özdemir", "Krüger", "Pichler"}, []int{0, 1, 2, 3}},
	{"en-GB", 4, []string{"Alice", "Ben", "Charlotte", "Dylan", "Emily", "Finn", "Grace", "Harry", "Isla", "Jack", "Siobhán", "Liam", "Niamh", "Zara"},
		[]string{"O'Brien", "Smith", "D'Arcy", "Taylor", "MacLeod", "Okafor", "Patel", "Hughes", "Evans", "Nguyen", "Walsh", "Brontë", "Clarke", "O'Neill"}, []int{4}},
	{"nb-NO", 2, []string{"Åse", "Bjørn", "Eirik", "Frøydis", "Håkon", "Ingrid", "Kåre", "Liv", "Øystein", "Solveig", "Torbjørn", "Unni"},
		[]string{"Hansen", "Bjørnson", "Ødegård", "Larsen", "Nygård", "Solberg", "Sæther", "Åsen", "Lie", "Haugen"}, []int{5}},
	{"es-ES", 3, []string{"Álvaro", "Begoña", "Carmen", "Diego", "Íñigo", "José", "Lucía", "Marta", "Nuria", "Óscar", "Pilar", "Raúl"},
		[]string{"García", "Núñez", "López", "Ibáñez", "Peña", "Muñoz", "Ruiz", "Vázquez", "Ortega", "Castaño"}, []int{6}},
	{"pl-PL", 2, []string{"Agnieszka", "Błażej", "Dorota", "Elżbieta", "Grażyna", "Jerzy", "Kasia", "Łukasz", "Marek", "Paweł", "Stanisław", "Wojciech"},
		[]string{"Nowak", "Wójcik", "Kamiński", "Zieliński", "Dąbrowski", "Król", "Pawlak", "Wróbel", "Żak", "Mróz"}, []int{7}},
}

// site is one place of work.
type site struct {
	city, country, countryName, number, state, code, street, dial, prefix string
}

func (s site) ou() string { return "OU=" + s.city + ",OU=" + s.country + "," + staffOU }

// The numbers are ISO 3166-1 numeric codes, as AD keeps them in countryCode.
var sites = []site{
	{"Berlin", "DE", "Germany", "276", "Berlin", "10117", "Unter den Linden 77", "+49 30", "BER"},
	{"Munich", "DE", "Germany", "276", "Bavaria", "80331", "Sendlinger Straße 12", "+49 89", "MUC"},
	{"Vienna", "AT", "Austria", "40", "Vienna", "1010", "Kärntner Ring 5", "+43 1", "VIE"},
	{"Zurich", "CH", "Switzerland", "756", "ZH", "8001", "Bahnhofstrasse 21", "+41 44", "ZRH"},
	{"London", "GB", "United Kingdom", "826", "London", "EC2V 7HH", "1 Gresham Street", "+44 20", "LON"},
	{"Oslo", "NO", "Norway", "578", "Oslo", "0150", "Rådhusgata 4", "+47 22", "OSL"},
	{"Madrid", "ES", "Spain", "724", "Madrid", "28013", "Calle de Alcalá 48", "+34 91", "MAD"},
	{"Warsaw", "PL", "Poland", "616", "Mazowieckie", "00-001", "Świętokrzyska 3", "+48 22", "WAW"},
}

// department is where people work, with the titles usual there.
type department struct {
	name   string
	short  string // in group names
	weight int    // of 20 people, how many work there
	titles []string
}

var departments = []department{
	{"Sales", "Sales", 4, []string{"Account Manager", "Sales Representative", "Key Account Manager"}},
	{"Marketing", "Marketing", 1, []string{"Brand Manager", "Content Editor"}},
	{"Finance", "Finance", 1, []string{"Controller", "Accountant"}},
	{"Human Resources", "HR", 1, []string{"Recruiter", "HR Business Partner"}},
	{"IT", "IT", 2, []string{"System Administrator", "Service Desk Analyst", "Cloud Engineer"}},
	{"Engineering", "Engineering", 4, []string{"Design Engineer", "Test Engineer", "Toy Safety Engineer"}},
	{"Production", "Production", 3, []string{"Machine Operator", "Shift Lead"}},
	{"Warehouse", "Warehouse", 2, []string{"Forklift Driver", "Picker"}},
	{"Legal", "Legal", 1, []string{"Counsel", "Paralegal"}},
	{"Customer Service", "Service", 1, []string{"Service Agent", "Team Lead"}},
}

const (
	staffOU     = "OU=Staff," + Naming
	leaversOU   = "OU=Leavers," + Naming
	serviceOU   = "OU=Service Accounts," + Naming
	resourcesOU = "OU=Resources," + Naming
	contactsOU  = "OU=Contacts," + Naming
	groupsOU    = "OU=Groups," + Naming
	boughtOU    = "OU=Wingtip," + staffOU
)

// plain spells a name in the ASCII letters of addresses.
func plain(s string) string { return transliterate.Replace(strings.ToLower(s)) }

var transliterate = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "ë", "e", "å", "aa", "ø", "o", "æ", "ae",
	"á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ñ", "n", "ą", "a", "ę", "e", "ł", "l", "ń", "n", "ś", "s",
	"ź", "z", "ż", "z", "ć", "c", "'", "")
