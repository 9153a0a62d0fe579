/* Fuzzes the adapter jobposting; see board.h for the oracle. */
#include "board.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	return fuzz_board("jobposting", "https://acme.example/jobs/1", data, len);
}
