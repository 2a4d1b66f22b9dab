/* A proof (proof.h) in a few words: where the decision stands in the chain. */

#include "mentor/base/bytes.h"

#include "explanation.h"
#include "proof.h"

static json_t *hex(const uint8_t digest[SHA256_SIZE])
{
    char text[2 * SHA256_SIZE];
    hex_encode(digest, SHA256_SIZE, text);
    return json_stringn(text, sizeof(text));
}

json_t *
explanation_proof(struct chronicle *chronicle, const struct archived_decision *row, struct err *err)
{
    struct proof proof = {0};
    if (!proof_make(chronicle, row, -1, &proof, err)) {
        return NULL;
    }
    json_t *out = NULL;
    if (proof_check(&proof, err)) {
        out = json_pack("{s:I,s:I,s:I,s:o,s:o,s:I,s:I,s:o}",
                        "batch",
                        (json_int_t)proof.links[0].batch,
                        "leaf",
                        (json_int_t)proof.index,
                        "leaves",
                        (json_int_t)proof.count,
                        "previous",
                        hex(proof.previous),
                        "link",
                        hex(proof.links[0].link),
                        "headBatch",
                        (json_int_t)proof.head_batch,
                        "headOffset",
                        (json_int_t)proof.head_offset,
                        "head",
                        hex(proof.head));
    }
    proof_release(&proof);
    return out;
}
