/*
 * The words of the vocabulary: ours, which the database and JSON hold, and what services and titles
 * write instead, in the languages of the boards we read.
 */
#include <string.h>

#include "base/base.h"
#include "base/embed.h"
#include "posting/internal.h"

/* ---- our own words ------------------------------------------------------------------- */

static const char *const remote_words[JP_N_REMOTE] = {NULL, "onsite", "hybrid", "remote"};
static const char *const employment_words[JP_N_EMPLOYMENT] = {NULL, "full_time", "part_time",
    "contract", "temporary", "internship", "apprenticeship", "volunteer", "per_diem", "other"};
static const char *const level_words[JP_N_LEVEL] = {
    NULL, "intern", "entry", "mid", "senior", "lead", "manager", "director", "executive"};
static const char *const period_words[] = {NULL, "hour", "day", "week", "month", "year"};

const char *
jp_remote_word(jp_remote v)
{
	return remote_words[v];
}

const char *
jp_employment_word(jp_employment v)
{
	return employment_words[v];
}

const char *
jp_level_word(jp_level v)
{
	return level_words[v];
}

const char *
jp_period_word(jp_period v)
{
	return period_words[v];
}

/* Index of the word; 0 when it is none. */
static guint
word_index(const char *word, const char *const *words, guint n)
{
	for (guint i = 1; word && i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

gboolean
jp_remote_from_word(const char *word, jp_remote *out)
{
	*out = (jp_remote)word_index(word, remote_words, G_N_ELEMENTS(remote_words));
	return *out != JP_REMOTE_UNKNOWN;
}

gboolean
jp_employment_from_word(const char *word, jp_employment *out)
{
	*out = (jp_employment)word_index(word, employment_words, G_N_ELEMENTS(employment_words));
	return *out != JP_EMPLOYMENT_UNKNOWN;
}

gboolean
jp_level_from_word(const char *word, jp_level *out)
{
	*out = (jp_level)word_index(word, level_words, G_N_ELEMENTS(level_words));
	return *out != JP_LEVEL_UNKNOWN;
}

gboolean
jp_period_from_word(const char *word, jp_period *out)
{
	*out = (jp_period)word_index(word, period_words, G_N_ELEMENTS(period_words));
	return *out != JP_PERIOD_UNKNOWN;
}

/* ---- phrases ------------------------------------------------------------------------- */

gboolean
jp_words_have(const char *words, const char *phrase)
{
	gsize len = strlen(phrase);

	for (const char *p = words; (p = strstr(p, phrase)) != NULL; p++)
		if (p > words && p[-1] == ' ' && p[len] == ' ')
			return TRUE;
	return FALSE;
}

const char *
jp_embedded_text(const char *name)
{
	for (const jp_embedded_file *f = jp_embedded; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f->data;
	g_error("%s is not part of this build", name);
}

/* A value and the phrases that mean it, separated by '|'; the first row that fits wins. */
struct meaning {
	int value;
	const char *phrases;
};

/* A bit for a word's first byte; bytes that share one are only looked at in vain. */
static guint64
initial(char c)
{
	return G_GUINT64_CONSTANT(1) << ((guchar)c & 63);
}

static guint64
initials_of(const char *words)
{
	guint64 bits = 0;

	for (const char *p = words; p[0] && p[1]; p++)
		if (p[0] == ' ')
			bits |= initial(p[1]);
	return bits;
}

/* TRUE when the words hold one of the phrases; those whose first word begins like none of them are
 * passed over. */
static gboolean
have_any(const char *words, const char *phrases)
{
	guint64 initials = initials_of(words);
	char phrase[64];

	while (*phrases) {
		gsize len = strcspn(phrases, "|");

		if (initials & initial(*phrases)) {
			memcpy(phrase, phrases, MIN(len, sizeof(phrase) - 1));
			phrase[MIN(len, sizeof(phrase) - 1)] = '\0';
			if (jp_words_have(words, phrase))
				return TRUE;
		}
		phrases += len + (phrases[len] == '|');
	}
	return FALSE;
}

static int
meaning_of(const char *words, const struct meaning *table, guint n)
{
	for (guint i = 0; i < n; i++)
		if (have_any(words, table[i].phrases))
			return table[i].value;
	return 0;
}

/* Words of a short field; NULL for what is empty or much too long to be one. */
static char *
field_words(const char *text)
{
	if (!text || !*text || strnlen(text, 301) > 300)
		return NULL;
	return jp_token_words(text, -1);
}

/* ---- what services write ------------------------------------------------------------- */

static const char says_hybrid[] =
    "hybrid|hybride|hibrido|hibrida|ibrido|hybridarbeit|partly remote|partially remote|"
    "teilweise remote|remote optional|temporary remote|mobiles arbeiten|"
    "teletravail partiel|deels thuis";
static const char says_remote[] =
    "remote|remotely|telecommute|telecommuting|telework|virtual|distributed|anywhere|"
    "worldwide|work from home|wfh|home office|homeoffice|home based|homebased|teletravail|"
    "a distance|teletrabajo|en remoto|remoto|remota|a distancia|da remoto|thuiswerken|op afstand|"
    "distans|pa distans|hjemmekontor|hjemmearbejde|etatyo|ortsunabhangig|fernarbeit";
static const char says_onsite[] =
    "onsite|on site|in office|inoffice|office based|office|in person|inperson|vor ort|prasenz|"
    "presentiel|sur site|presencial|in presenza|in sede|op locatie|kantoor|pa plats|none|"
    "no remote|not remote";

jp_remote
jp_remote_read(const char *text)
{
	g_autofree char *words = field_words(text);
	gboolean remote, onsite;

	if (!words)
		return JP_REMOTE_UNKNOWN;
	if (have_any(words, "no remote|not remote|non remote|kein homeoffice|kein remote"))
		return JP_REMOTE_ONSITE;
	if (have_any(words, says_hybrid))
		return JP_REMOTE_HYBRID;
	remote = have_any(words, says_remote) || strcmp(words, " fully ") == 0;
	/* "home office" is no office. */
	onsite = have_any(words, says_onsite) &&
	    !(remote && have_any(words, "home office") &&
		!have_any(words, "in office|on site|onsite"));
	if (remote && onsite)
		return JP_REMOTE_HYBRID;
	return remote ? JP_REMOTE_REMOTE : onsite ? JP_REMOTE_ONSITE : JP_REMOTE_UNKNOWN;
}

jp_employment
jp_employment_read(const char *text)
{
	static const struct meaning table[] = {
	    {JP_EMPLOYMENT_INTERNSHIP,
		"intern|interns|internship|internships|praktikum|praktika|praktikant|praktikantin|"
		"pflichtpraktikum|werkstudent|werkstudentin|working "
		"student|student|stage|stagiaire|"
		"stagiair|becario|beca|practicas|pasantia|tirocinio|tirocinante|estagio|estagiario|"
		"praktik|trainee|traineeship|co op|coop|summer job|harjoittelu"},
	    {JP_EMPLOYMENT_APPRENTICESHIP,
		"apprentice|apprenticeship|ausbildung|azubi|auszubildende|auszubildender|lehrling|"
		"lehre|"
		"apprenti|apprentissage|alternance|alternant|aprendiz|apprendistato|leerling|bbl|"
		"larling|duales studium|dual study"},
	    {JP_EMPLOYMENT_VOLUNTEER,
		"volunteer|volunteering|voluntary|ehrenamt|ehrenamtlich|freiwillig|benevole|"
		"benevolat|"
		"voluntario|voluntariado|volontario|vrijwilliger|frivillig"},
	    {JP_EMPLOYMENT_PER_DIEM, "per diem|perdiem|prn"},
	    {JP_EMPLOYMENT_CONTRACT,
		"contract|contractor|contractors|freelance|freelancer|freelancing|freiberuflich|"
		"freie mitarbeit|selbstandig|self "
		"employed|independent|independant|autonomo|b2b|zzp|"
		"c2c|corp to corp|contratista|libera professione|partita iva|prestador|konsult"},
	    {JP_EMPLOYMENT_TEMPORARY,
		"temporary|temp|fixed term|fixedterm|seasonal|season|befristet|aushilfe|zeitarbeit|"
		"interim|interimaire|cdd|temporaire|saisonnier|temporal|temporario|temporanea|"
		"tempo determinato|tijdelijk|uitzend|visstid|tidsbegransad|vikariat|midlertidig|"
		"maternity cover|mini job|minijob"},
	    {JP_EMPLOYMENT_FULL_TIME,
		"full time|fulltime|vollzeit|vz|temps plein|plein temps|tempo pieno|tiempo "
		"completo|"
		"jornada completa|tempo integral|voltijd|voltijds|heltid|fuldtid|kokoaikainen|"
		"tempo inteiro"},
	    {JP_EMPLOYMENT_PART_TIME,
		"part time|parttime|teilzeit|tz|temps partiel|tempo parziale|tiempo parcial|"
		"media jornada|jornada parcial|meio periodo|tempo "
		"parcial|deeltijd|deeltijds|deltid|"
		"osa aikainen"},
	    {JP_EMPLOYMENT_FULL_TIME,
		"permanent|festanstellung|unbefristet|cdi|indefinido|indeterminato|regular|"
		"regular employee|vast|vast contract|tillsvidare|fast"},
	    {JP_EMPLOYMENT_OTHER, "other|sonstige|sonstiges|autre|otro|altro|anders|outro"},
	};
	g_autofree char *words = field_words(text);

	if (!words)
		return JP_EMPLOYMENT_UNKNOWN;
	/* A permanent contract is no contractor's. */
	if (have_any(words, "permanent|full time|fulltime|part time|parttime|vast") &&
	    !have_any(words,
		"intern|internship|working student|freelance|contractor|temporary|"
		"fixed term|temp|trainee|student|apprenticeship"))
		return (jp_employment)meaning_of(words, table + 6, 3);
	return (jp_employment)meaning_of(words, table, G_N_ELEMENTS(table));
}

jp_period
jp_period_read(const char *text)
{
	static const struct meaning table[] = {
	    {JP_PERIOD_HOUR,
		"hour|hourly|hours|hr|hrs|h|stunde|std|stundlich|stundenlohn|heure|horaire|hora|"
		"horas|"
		"por hora|ora|uur|per uur|timme|timlon|time|timelonn"},
	    {JP_PERIOD_DAY,
		"day|daily|days|tag|tagessatz|taglich|jour|journalier|tjm|dia|diario|giorno|dag|"
		"per diem"},
	    {JP_PERIOD_WEEK,
		"week|weekly|weeks|woche|wochentlich|semaine|semana|settimana|vecka|uge|uke"},
	    {JP_PERIOD_MONTH,
		"month|monthly|months|mo|monat|monatlich|mtl|mois|mensuel|mes|mensual|mensal|mese|"
		"mensile|"
		"maand|per maand|manad|maned|kuukausi|kk"},
	    {JP_PERIOD_YEAR,
		"year|yearly|years|yr|annual|annually|annum|per annum|pa|p "
		"a|jahr|jahrlich|jahresgehalt|"
		"brutto jahr|an|annuel|annuels|ano|anual|anuales|anno|annuo|annui|annua|jaar|per "
		"jaar|ar|"
		"arslon|vuosi"},
	};
	g_autofree char *words = field_words(text);

	/* "2 WEEK" and "0.5 MONTH" are none of our periods. */
	if (!words || (g_ascii_isdigit(words[1]) && !g_str_has_prefix(words, " 1 ")))
		return JP_PERIOD_UNKNOWN;
	return (jp_period)meaning_of(words, table, G_N_ELEMENTS(table));
}

/* ---- level from a title -------------------------------------------------------------- */

static const char intern_words[] =
    "intern|interns|internship|praktikum|praktikant|praktikantin|pflichtpraktikum|werkstudent|"
    "werkstudentin|working student|student|students|studentische|studentischer|stagiaire|stage|"
    "stagiair|becario|becaria|pasante|tirocinante|tirocinio|estagio|estagiario|estagiaria|co op|"
    "praktik|harjoittelija|abschlussarbeit|masterarbeit|bachelorarbeit";
static const char executive_words[] =
    "ceo|cto|cfo|coo|cio|ciso|cmo|cpo|chro|chief|vp|svp|evp|avp|vice president|vice presidente|"
    "vizeprasident|president|geschaftsfuhrer|geschaftsfuhrerin|managing director|vorstand|"
    "directeur general|director general|general counsel";
static const char director_words[] =
    "director|directors|directeur|directrice|directora|direktor|direktorin|diretor|diretora|"
    "direttore|direttrice|direktorn|head|head of|bereichsleiter|bereichsleiterin|bereichsleitung|"
    "dean|directie";
static const char people_words[] =
    "manager|mgr|managers|teamleiter|teamleiterin|teamleitung|abteilungsleiter|abteilungsleiterin|"
    "abteilungsleitung|filialleiter|filialleiterin|filialleitung|betriebsleiter|leiter|leiterin|"
    "leitung|gruppenleiter|gerente|jefe|jefa|chef d equipe|responsabile|teamchef|avdelingsleder|"
    "avdelningschef|gestionnaire|manageur";
/* Managers of things, not of people. */
static const char thing_managers[] =
    "product manager|project manager|program manager|programme manager|account manager|"
    "accounts manager|case manager|community manager|product marketing manager|partner manager|"
    "customer success manager|success manager|change manager|campaign manager|content manager|"
    "social media manager|category manager|portfolio manager|release manager|relationship manager|"
    "property manager|event manager|brand manager|contract manager|data manager|policy manager|"
    "treasury manager|projektmanager|produktmanager|delivery project manager|asset manager|"
    "project contract manager|sales manager|key account manager|area sales manager";
static const char lead_words[] =
    "lead|leads|team leader|principal|princ|staff|tl|team lead|tech lead|techlead|teamlead|lider|"
    "lead developer|ledare|capo";
static const char senior_words[] = "senior|sr|snr|sen|seniorin|sse|confirme|experimente";
static const char mid_words[] = "mid|intermediate|midlevel|mid level|medior|l2";
static const char entry_words[] =
    "junior|jr|jnr|graduate|graduates|new grad|entry level|entry|trainee|trainees|absolvent|"
    "absolventin|berufseinsteiger|berufseinsteigerin|einsteiger|debutant|recien graduado|azubi|"
    "auszubildende|auszubildender|ausbildung|apprentice|apprenticeship|early career|"
    "early careers|campus|nyexaminerad|neolaureato|starter|jeune diplome|bdr|sdr|"
    "sales development representative|business development representative|"
    "partner development representative";

/* The first upper-case roman numeral behind the first word, or a digit at the end: "Accountant I /
 * II" begins at entry. */
static jp_level
numbered_level(const char *title)
{
	static const struct {
		const char *numeral;
		jp_level level;
	} numerals[] = {{"I", JP_LEVEL_ENTRY}, {"II", JP_LEVEL_MID}, {"III", JP_LEVEL_SENIOR},
	    {"IV", JP_LEVEL_SENIOR}, {"V", JP_LEVEL_SENIOR}, {"1", JP_LEVEL_ENTRY},
	    {"2", JP_LEVEL_MID}, {"3", JP_LEVEL_SENIOR}, {"4", JP_LEVEL_SENIOR}};
	g_autoptr(jp_tokens) t = jp_tokens_new();

	jp_tokens_parse(t, title, -1);
	for (guint i = 1; i < t->items->len; i++) {
		const jp_token *token = &g_array_index(t->items, jp_token, i);
		const char *written = title + token->start;
		gboolean is_last = i + 1 == t->items->len;

		if (token->len > 3 || written[-1] == '&' || (g_ascii_isdigit(*written) && !is_last))
			continue;
		for (guint k = 0; k < G_N_ELEMENTS(numerals); k++)
			if (strlen(numerals[k].numeral) == token->len &&
			    strncmp(written, numerals[k].numeral, token->len) == 0)
				return numerals[k].level;
	}
	return JP_LEVEL_UNKNOWN;
}

/* "Assistant to the CEO" is not one, nor is the chief of staff. */
static gboolean
serves_executive(const char *words)
{
	return have_any(words,
	    "to the ceo|to ceo|to the cto|to the cfo|to the coo|to the chief|"
	    "assistant to|assistenz|assistent|executive assistant|chief of staff|"
	    "office of the ceo|to the vp|to the president|group associate|"
	    "chief engineer|sous chief|asst to|to chief");
}

static gboolean
is_people_manager(const char *words)
{
	if (!have_any(words, people_words) ||
	    have_any(words,
		"assistant manager|asst manager|"
		"executive assistant"))
		return FALSE;
	/* "Senior Sales Operations Manager" is senior, "Senior Manager, Sales" leads people. */
	if ((g_str_has_prefix(words, " senior ") || g_str_has_prefix(words, " sr ")) &&
	    !have_any(words, "senior manager|sr manager|sr mgr"))
		return FALSE;
	return !have_any(words, thing_managers) ||
	    have_any(words,
		"general manager|engineering manager|regional manager|senior manager|"
		"sr manager|branch manager|store manager|operations manager");
}

jp_level
jp_level_read(const char *title)
{
	g_autofree char *words = title ? jp_token_words(title, -1) : NULL;

	if (!words)
		return JP_LEVEL_UNKNOWN;
	if (have_any(words, intern_words) &&
	    !have_any(words,
		"student success|student affairs|"
		"student services|student advisor|"
		"student housing"))
		return JP_LEVEL_INTERN;
	if (have_any(words, executive_words) && !serves_executive(words))
		return JP_LEVEL_EXECUTIVE;
	if (have_any(words, director_words) &&
	    !have_any(words,
		"art director|creative director|"
		"to the director|assistant to"))
		return JP_LEVEL_DIRECTOR;
	if (have_any(words, "junior|jr|jnr|trainee|graduate|azubi|ausbildung"))
		return JP_LEVEL_ENTRY;
	if (is_people_manager(words))
		return JP_LEVEL_MANAGER;
	if (have_any(words, lead_words) &&
	    !have_any(words,
		"staff accountant|staff nurse|technical staff|"
		"staff assistant|lead generation|chief of staff|"
		"bank staff|support staff|staff member"))
		return JP_LEVEL_LEAD;
	if (have_any(words, senior_words))
		return JP_LEVEL_SENIOR;
	if (numbered_level(title) != JP_LEVEL_UNKNOWN)
		return numbered_level(title);
	if (have_any(words, mid_words) && !have_any(words, "mid market"))
		return JP_LEVEL_MID;
	if (have_any(words, entry_words) ||
	    (have_any(words, "associate|associates") &&
		!have_any(words,
		    "associate professor|"
		    "sales associate")))
		return JP_LEVEL_ENTRY;
	return have_any(words, thing_managers) ? JP_LEVEL_MID : JP_LEVEL_UNKNOWN;
}
