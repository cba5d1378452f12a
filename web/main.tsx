/** The chat window: a page that the program serves to the browser of this computer. */
import { render } from 'preact';

function Window() {
  return <main>qtchat</main>;
}

render(<Window />, document.body);
