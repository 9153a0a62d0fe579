/* Fuzzes the adapter teamtailor; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_page("teamtailor", "lanternworks", data, len);
	return fuzz_board("teamtailor", "lanternworks", data, len);
}
