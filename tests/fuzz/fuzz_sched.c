/* Any pipeline and any history: the scheduler says what the slow model says. */
#include "sched_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n <= 4096)
		sched_model_drive(data, n);
	return 0;
}
