//! The app in Salesforce: its kind and ids, the host it is installed on, the page where an admin installs it and
//! the Setup pages where it is allowed.

pub mod app_kind;
pub mod host_form;
pub mod install_url;
pub mod my_domain;
pub mod next_step;
pub mod page_url;
pub mod salesforce_id;
pub mod setup_page;
pub mod target;
