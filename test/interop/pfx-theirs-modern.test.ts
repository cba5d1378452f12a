/** The .pfx files of other programs, in today's encryption, read by us. */
import { describeTheirs } from '../helpers/pfx-theirs.js';

describeTheirs('modern');
