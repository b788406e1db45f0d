/** In `dataDir`. */
export const databaseFileName = 'smanager-db.sqlite';
