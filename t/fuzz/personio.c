/* Fuzzes the adapter personio; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_page("personio", "uhrwerk", data, len);
	return fuzz_board("personio", "uhrwerk", data, len);
}
