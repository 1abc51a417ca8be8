/* secret.h - what a local run takes for a secret, since nobody marked it as masked.
 *
 * On a server, settings say which variables are masked.  Here values come from the
 * command line, a file and the environment, so names decide: DEPLOY_TOKEN, DB_PASSWORD.
 * Such values appear neither in logs nor in what is shown of a plan.
 */
#ifndef LOCAL_SECRET_H
#define LOCAL_SECRET_H

#include "plan/job_spec.h"

bool secret_is_name(str key);

/* The values of all that are masked in `vars`, and of the inherited variables whose names
 * speak of secrets and whose values are no paths and long enough to be no plain word. */
struct str_vec secret_values(struct arena *a, const struct job_var_vec *vars) NODISCARD NONNULL;

#endif
