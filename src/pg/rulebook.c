#include "rulebook.h"

#include "field.h"
#include "params.h"
#include "sql_embedded.h"

bool rulebook_keep(struct session *session,
                   const struct pg_rulebook *book,
                   enum err_kind other,
                   struct err *err)
{
    static const struct statement keep = {"rulebook_store", sql_rulebook_store};
    static const struct statement check = {"rulebook_check", sql_rulebook_check};
    struct params kept = {0};
    params_bytes(&kept, bytes_of(book->sha256, SHA256_SIZE));
    params_text(&kept, book->name);
    params_text(&kept, book->version);
    params_bytes(&kept, book->yaml);
    struct params asked = {0};
    params_text(&asked, book->name);
    params_text(&asked, book->version);
    if (!session_send_once(session, &keep, &kept, err) || !session_run(session, err) ||
        !session_send_once(session, &check, &asked, err) || !session_run(session, err)) {
        return false;
    }
    const PGresult *row = session_result(session, 0);
    if (PQntuples(row) != 1 ||
        !bytes_equal(field_bytes(row, 0, 0), bytes_of(book->sha256, SHA256_SIZE))) {
        return err_set(
            err,
            other,
            "rulebook %.80s %.80s is stored with other bytes, and decisions pin them: give the changed file a new "
            "version",
            book->name,
            book->version);
    }
    return true;
}
