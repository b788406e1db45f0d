import { describeFaults } from '../support/sim/fault-table.ts';

await describeFaults(['chain']);
