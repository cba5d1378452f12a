/** The .pfx files of other programs, in the old encryption, read by us. */
import { describeTheirs } from '../helpers/pfx-theirs.js';

describeTheirs('legacy');
